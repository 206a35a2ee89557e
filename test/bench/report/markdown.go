package report

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The results in a page stand between these lines; what is around them is written by hand.
const (
	resultsBegin = "<!-- results: make bench-docs writes what follows -->\n"
	resultsEnd   = "<!-- end of results -->\n"
)

// Fill puts the results into a page, with why what is not reached is not.
func (r Report) Fill(page string, why Explanations) (string, error) {
	before, rest, ok := strings.Cut(page, resultsBegin)
	_, after, also := strings.Cut(rest, resultsEnd)
	if !ok || !also {
		return "", errors.New("the page lacks the lines that results stand between: " + strings.TrimSpace(resultsBegin) + " and " + strings.TrimSpace(resultsEnd))
	}
	return before + resultsBegin + r.markdown(why) + resultsEnd + after, nil
}

func (r Report) markdown(why Explanations) string {
	var s strings.Builder
	fmt.Fprintf(&s, "\n`%s` on %s: %s, %d cores, %s, Linux %s, %s, Aeron C %s", r.Machine.Command, r.Machine.Date, r.Machine.CPU, r.Machine.Cores,
		r.Machine.OS, r.Machine.Kernel, r.Machine.Go, r.Machine.Aeron)
	if r.Machine.Java != "" {
		fmt.Fprintf(&s, ", Java: %s", r.Machine.Java)
	}
	s.WriteString(".\n\n")
	for _, key := range slices.Sorted(maps.Keys(r.Machine.Setup)) {
		fmt.Fprintf(&s, "- %s: %s\n", key, r.Machine.Setup[key])
	}
	s.WriteString("\n### Ratios\n\n| name | what | reach | measured | |\n|---|---|---|---|---|\n")
	for _, reach := range Reaches {
		if value, ok := r.Ratios[reach.Name]; ok {
			fmt.Fprintf(&s, "| `%s` | %s%s | %s | %.2f | %s |\n", reach.Name, reach.What, r.growth(reach), reach.bound(), value, Verdict(reach.Reached(value)))
		}
	}
	s.WriteString(r.explained(why))
	s.WriteString("\n### Throughput\n\n![Messages per second](bench/throughput.svg)\n")
	s.WriteString("\n### Round trips\n\n![Round trips by percentile](bench/latency.svg)\n")
	s.WriteString("\n### All figures\n\n| case | contestant | median | min | max | unit | rounds |\n|---|---|---|---|---|---|---|\n")
	for _, row := range r.Rows {
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %s | %s | %d |\n", row.Case, row.Contestant, Number(row.Median), Number(row.Min), Number(row.Max), row.Unit, row.Rounds)
	}
	s.WriteString("\n")
	return s.String()
}

// growth is what a ratio of growths is of: a contestant that begins higher grows by less. Empty for other ratios.
func (r Report) growth(reach Reach) string {
	if reach.From == "" {
		return ""
	}
	var parts []string
	for _, contestant := range reach.Contestants {
		from, to := r.row(reach.From, contestant), r.row(reach.To, contestant)
		if from == nil || to == nil {
			return ""
		}
		parts = append(parts, fmt.Sprintf("`%s` from %s to %s %s", contestant, Number(from.Median), Number(to.Median), to.Unit))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (r Report) row(name, contestant string) *Row {
	for i, row := range r.Rows {
		if row.Case == name && row.Contestant == contestant {
			return &r.Rows[i]
		}
	}
	return nil
}
