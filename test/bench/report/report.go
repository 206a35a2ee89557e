package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Row is one contestant in one case.
type Row struct {
	Case       string  `json:"case"`
	Contestant string  `json:"contestant"`
	Unit       string  `json:"unit"`
	Median     float64 `json:"median"`
	Min        float64 `json:"min"`
	Max        float64 `json:"max"`
	Rounds     int     `json:"rounds"`
}

// Machine is what the figures were measured on, and how.
type Machine struct {
	CPU     string            `json:"cpu"`
	Cores   int               `json:"cores"`
	OS      string            `json:"os"`
	Kernel  string            `json:"kernel"`
	Go      string            `json:"go"`
	Aeron   string            `json:"aeron"`
	Java    string            `json:"java,omitempty"`
	Date    string            `json:"date"`
	Command string            `json:"command"`
	Setup   map[string]string `json:"setup"`
}

// Report is the outcome of a run. Its JSON is a contract.
type Report struct {
	Machine Machine            `json:"machine"`
	Rows    []Row              `json:"rows"`
	Ratios  map[string]float64 `json:"ratios"`
}

// WriteJSON writes the report as one object.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(r)
}

// ReadJSON reads what WriteJSON has written.
func ReadJSON(r io.Reader) (Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return Report{}, fmt.Errorf("reading a report of the bench: %w", err)
	}
	return report, nil
}

// WriteText writes the rows and ratios as tables.
func (r Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "case\tcontestant\tmedian\tmin\tmax\tunit\trounds\t")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t\n", row.Case, row.Contestant, Number(row.Median), Number(row.Min), Number(row.Max), row.Unit, row.Rounds)
	}
	fmt.Fprintln(t, "\t\t\t\t\t\t\t")
	fmt.Fprintln(t, "ratio\tmeasured\treach\t\twhat\t\t\t")
	for _, reach := range Reaches {
		value, ok := r.Ratios[reach.Name]
		if !ok {
			continue
		}
		fmt.Fprintf(t, "%s\t%.3f\t%s\t%s\t%s\t\t\t\n", reach.Name, value, reach.bound(), Verdict(reach.Reached(value)), reach.What)
	}
	return t.Flush()
}

func (r Reach) bound() string {
	if r.AtMost {
		return "≤ " + strconv.FormatFloat(r.Bound, 'f', -1, 64)
	}
	return "≥ " + strconv.FormatFloat(r.Bound, 'f', -1, 64)
}

// Verdict is a word for whether something was reached.
func Verdict(reached bool) string {
	if reached {
		return "pass"
	}
	return "miss"
}

// Missed are the names of the ratios that are not reached, or not there.
func (r Report) Missed() []string {
	var missed []string
	for _, reach := range Reaches {
		if value, ok := r.Ratios[reach.Name]; !ok || !reach.Reached(value) {
			missed = append(missed, reach.Name)
		}
	}
	return missed
}

// Number is a value with about four digits that matter, and commas between the thousands.
func Number(v float64) string {
	switch abs := math.Abs(v); {
	case abs >= 100:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case abs >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case abs >= 1 || v == 0:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func thousands(digits string) string {
	sign, digits, negative := "", digits, strings.HasPrefix(digits, "-")
	if negative {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}
