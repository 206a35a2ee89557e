// Package report holds what the bench has measured, and writes it: as JSON, as a table, and as the page and plots of the docs.
package report

import (
	"cmp"
	"math"
	"slices"
)

// Series is one contestant's results in one case, a value for each round.
type Series struct {
	Case, Contestant, Unit string
	Values                 []float64
}

// Measured is all series of a run, in the order of their cases' first values.
type Measured struct {
	Order  []string // of contestants in a case; others come behind these
	series []*Series
}

// Add keeps a value of a round.
func (m *Measured) Add(name, contestant, unit string, value float64) {
	s := m.Find(name, contestant)
	if s == nil {
		s = &Series{Case: name, Contestant: contestant, Unit: unit}
		m.series = append(m.series, s)
	}
	s.Values = append(s.Values, value)
}

// Find is the series of a contestant in a case, or nil.
func (m *Measured) Find(name, contestant string) *Series {
	for _, s := range m.series {
		if s.Case == name && s.Contestant == contestant {
			return s
		}
	}
	return nil
}

// Rows are the series, each as one row: those of a case together.
func (m *Measured) Rows() []Row {
	cases := map[string]int{}
	for i, s := range m.series {
		if _, known := cases[s.Case]; !known {
			cases[s.Case] = i
		}
	}
	place := func(contestant string) int {
		if i := slices.Index(m.Order, contestant); i >= 0 {
			return i
		}
		return len(m.Order)
	}
	sorted := slices.Clone(m.series)
	slices.SortStableFunc(sorted, func(a, b *Series) int {
		return cmp.Or(cmp.Compare(cases[a.Case], cases[b.Case]), cmp.Compare(place(a.Contestant), place(b.Contestant)))
	})
	rows := make([]Row, 0, len(sorted))
	for _, s := range sorted {
		rows = append(rows, Row{
			Case: s.Case, Contestant: s.Contestant, Unit: s.Unit, Rounds: len(s.Values),
			Median: Median(s.Values), Min: slices.Min(s.Values), Max: slices.Max(s.Values),
		})
	}
	return rows
}

// Ratio is the median of the ratios of two contestants' values in the same rounds: what slows a whole round down, on a machine that is
// shared, is in both of them. False when there is no round with both.
func (m *Measured) Ratio(name, contestant, against string) (float64, bool) {
	return ratio(m.Find(name, contestant), m.Find(name, against))
}

// Growth is the median of the ratios of a contestant's values in two cases, each of the same round. False when there is none.
func (m *Measured) Growth(from, to, contestant string) (float64, bool) {
	return ratio(m.Find(to, contestant), m.Find(from, contestant))
}

func ratio(a, b *Series) (float64, bool) {
	if a == nil || b == nil {
		return 0, false
	}
	var ratios []float64
	for i := range min(len(a.Values), len(b.Values)) {
		if b.Values[i] != 0 {
			ratios = append(ratios, a.Values[i]/b.Values[i])
		}
	}
	if len(ratios) == 0 {
		return 0, false
	}
	return Median(ratios), true
}

// Median is the middle value, or the mean of the two in the middle; NaN of none.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Percentile is the smallest of the values that at least p percent of them do not exceed; NaN of none.
func Percentile(values []int64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	// A hundred-thousandth less: 99.9 % of 1,000 is 999 and not what floating point makes of it.
	rank := int(math.Ceil(p*float64(len(sorted))/100 - 1e-5))
	return float64(sorted[max(rank, 1)-1])
}
