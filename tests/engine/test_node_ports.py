"""A change of node ports on a living stack is said before it is made."""


def test_a_preview_of_other_node_ports_warns_once_and_one_of_the_same_does_not(pair):
    stack = pair.door
    before = stack.file.read_text()
    assert "node ports" not in stack.run("preview").succeeded().output
    ports = stack.outputs()["nodePorts"]
    try:
        stack.change({"portico:ingress": {"nodePorts": {"http": ports["http"] + 5}}})
        said = stack.run("preview").succeeded().output.partition("Diagnostics:")[2]
    finally:
        stack.file.write_text(before)
    assert said.count(f"(http from {ports['http']} to {ports['http'] + 5})") == 1
    assert "new connections fail for about ten seconds" in said
