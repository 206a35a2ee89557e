package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Explanations say why a ratio is not reached, by its name.
type Explanations map[string]string

// ReadExplanations reads lines "NAME: why". A line that begins with a blank goes on with the one before; # begins a comment.
func ReadExplanations(r io.Reader) (Explanations, error) {
	e := Explanations{}
	last := ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(line, "#"):
			last = ""
		case text != strings.TrimRight(line, " \t"):
			if last == "" {
				return nil, fmt.Errorf("explanations: %q goes on with nothing", text)
			}
			e[last] += " " + text
		default:
			name, why, ok := strings.Cut(text, ":")
			why = strings.TrimSpace(why)
			if !ok || why == "" {
				return nil, fmt.Errorf("explanations: %q is not NAME: why", text)
			}
			if !slices.ContainsFunc(Reaches, func(r Reach) bool { return r.Name == name }) {
				return nil, fmt.Errorf("explanations: %q is no ratio of the table", name)
			}
			if e[name] != "" {
				return nil, fmt.Errorf("explanations: %q is there twice", name)
			}
			e[name], last = why, name
		}
	}
	return e, lines.Err()
}

// explained is the list of what was not reached; empty when all was.
func (r Report) explained(why Explanations) string {
	var s strings.Builder
	for _, reach := range Reaches {
		value, ok := r.Ratios[reach.Name]
		if !ok || reach.Reached(value) {
			continue
		}
		text := why[reach.Name]
		if text == "" {
			text = "not explained yet."
		}
		fmt.Fprintf(&s, "- `%s`, %.2f instead of %s: %s\n", reach.Name, value, reach.bound(), text)
	}
	if s.Len() == 0 {
		return ""
	}
	return "\n### Not reached\n\n" + s.String()
}
