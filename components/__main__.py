"""The component host: what the engine starts for a program in another language."""

from portico.package import serve

if __name__ == "__main__":
    serve()
