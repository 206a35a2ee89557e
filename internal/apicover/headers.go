package main

import (
	"regexp"
	"strings"
)

var (
	comments   = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	directives = regexp.MustCompile(`(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$`)
	externC    = regexp.MustCompile(`extern\s+"C"\s*\{`)
	braces     = regexp.MustCompile(`\{[^{}]*\}`)
	// A declaration of a function: result, name, parameters. Those of a function pointer have a parenthesis before the name.
	prototype = regexp.MustCompile(`(?s)^\s*(?:extern\s+)?([\w\s*]+?)\b(aeron_\w+)\s*\((.*)\)\s*$`)
)

// function is a function that a header declares.
type function struct {
	name   string
	params string
}

// functions are the functions that the text of a header declares, in its order.
func functions(header string) []function {
	text := comments.ReplaceAllString(header, " ")
	text = directives.ReplaceAllString(text, "")
	text = externC.ReplaceAllString(text, "")
	for braces.MatchString(text) {
		text = braces.ReplaceAllString(text, " ")
	}
	var found []function
	for statement := range strings.SplitSeq(text, ";") {
		// A closing brace that is left is that of extern "C".
		statement = statement[strings.LastIndexByte(statement, '}')+1:]
		m := prototype.FindStringSubmatch(statement)
		if m == nil || strings.Contains(m[1], "typedef") {
			continue
		}
		found = append(found, function{m[2], strings.Join(strings.Fields(m[3]), " ")})
	}
	return found
}
