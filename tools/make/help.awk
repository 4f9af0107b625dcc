# The targets of a Makefile that are followed by `## what | what it needs | how long it takes`, below their `##@` headings.
BEGIN { FS = ":.*## " }
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z-]+:.*## / {
	split($2, column, / *\| */)
	printf "  %-14s %-78s %-26s %s\n", $1, column[1], column[2], column[3]
}
