module portico.tools/whoami

go 1.26.0
