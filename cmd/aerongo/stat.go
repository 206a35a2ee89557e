package main

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// statOptions are the flags of aerongo stat.
type statOptions struct {
	look
	sort    string
	types   []string
	streams []int32
	match   string
}

// The orders of aerongo stat.
const (
	byID    = "id"
	byValue = "value"
	byRate  = "rate"
	byType  = "type"
	byLabel = "label"
)

func statCommand(std streams) *cobra.Command {
	o := statOptions{}
	cmd := &cobra.Command{
		Use:   "stat",
		Short: "Show a driver's counters",
		Long: `stat prints every counter of a media driver: its id, value and label. With --watch it redraws them like top, with how fast each
grows in a second; on anything but a terminal one table follows the other.

Look here first when something is odd: "Errors" above 0 (then: aerongo errors), "NAKs" and "Retransmits" that grow (aerongo loss),
"back-pressure events" (of UDP only: aerongo explain, also for IPC), cycle times above a millisecond (a driver that lacks a core: aerongo doctor).

The driver need not live, nor be this program's: reading needs only the right to read its directory.`,
		Example: `  aerongo stat --dir /dev/shm/my-driver
  aerongo stat --watch --sort rate                       # what is busy
  aerongo stat --watch --stream 1001 --interval 200ms
  aerongo stat --type sub-pos --type 1 --match '127\.0\.0\.1'
  aerongo stat --json | jq '.counters[] | select(.type == "system") | {label, value}'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			keep, err := o.filter()
			if err != nil {
				return err
			}
			order, err := o.order()
			if err != nil {
				return err
			}
			return o.show(cmd.Context(), std, statView(keep, order, o.watch))
		},
	}
	o.flags(cmd, `{"time","dir","counters":[{"id","type_id","type","value","label","registration_id","owner_id","reference_id"}]}, with --watch also "rate", per second`)
	f := cmd.Flags()
	f.StringVar(&o.sort, "sort", byID, "id, value, rate, type or label; value and rate begin with the greatest")
	f.StringSliceVar(&o.types, "type", nil, "only counters of this `TYPE`, by name (sub-pos, as --json calls it) or number; may be repeated")
	streamFlag(cmd, &o.streams, "only counters of the stream with this `NUMBER`; may be repeated")
	f.StringVar(&o.match, "match", "", "only counters whose label matches this `REGEXP`, of Go's syntax")
	return cmd
}

// filter makes the choice of counters of the flags.
func (o *statOptions) filter() (func(*stats.Counter) bool, error) {
	label, err := regexp.Compile(o.match)
	if err != nil {
		return nil, usagef("--match %q: %v", o.match, err)
	}
	for _, name := range o.types {
		if _, err := strconv.ParseInt(name, 10, 32); err != nil && !knownType(name) {
			return nil, usagef("--type %s: no type of counter is called so; its number will do too", name)
		}
	}
	return func(c *stats.Counter) bool {
		if len(o.types) > 0 && !slices.Contains(o.types, c.TypeName()) && !slices.Contains(o.types, strconv.Itoa(int(c.TypeID))) {
			return false
		}
		if len(o.streams) > 0 {
			key, ok := c.Stream()
			if !ok || !slices.Contains(o.streams, key.StreamID) {
				return false
			}
		}
		return o.match == "" || label.MatchString(c.Label)
	}, nil
}

// lastType is beyond the types that have names.
const lastType = 1000

func knownType(name string) bool {
	for id := range int32(lastType) {
		if stats.TypeName(id) == name {
			return true
		}
	}
	return false
}

// counterOrder compares two counters and how fast they grow.
type counterOrder func(a, b *ratedCounter) int

// ratedCounter is a counter and how fast it grows.
type ratedCounter struct {
	stats.Counter
	rate  float64
	rated bool
}

func (o *statOptions) order() (counterOrder, error) {
	orders := map[string]counterOrder{
		byID:    nil, // as they come
		byValue: func(a, b *ratedCounter) int { return cmp.Compare(b.Value, a.Value) },
		byRate:  func(a, b *ratedCounter) int { return cmp.Compare(b.rate, a.rate) },
		byType:  func(a, b *ratedCounter) int { return cmp.Compare(a.TypeID, b.TypeID) },
		byLabel: func(a, b *ratedCounter) int { return strings.Compare(a.Label, b.Label) },
	}
	if order, ok := orders[o.sort]; ok {
		return order, nil
	}
	return nil, usagef("--sort %s: must be id, value, rate, type or label", o.sort)
}

// counterRecord is a counter as stat --json prints it.
type counterRecord struct {
	ID             int32    `json:"id"`
	TypeID         int32    `json:"type_id"`
	Type           string   `json:"type"`
	Value          int64    `json:"value"`
	Label          string   `json:"label"`
	RegistrationID int64    `json:"registration_id"`
	OwnerID        int64    `json:"owner_id"`
	ReferenceID    int64    `json:"reference_id"`
	Rate           *float64 `json:"rate,omitempty"`
}

// statDocument is what stat --json prints.
type statDocument struct {
	heading
	Counters []counterRecord `json:"counters"`
}

// statView shows the counters that keep wants, in an order.
func statView(keep func(*stats.Counter) bool, order counterOrder, rates bool) view {
	var memory choice
	return view{
		needs: []string{readsCounters},
		text: func(b *bytes.Buffer, s *sight) {
			writeCounters(b, memory.counters(s, keep, order), s.rows, rates)
		},
		json: func(h heading, s *sight) any {
			chosen := memory.counters(s, keep, order)
			d := statDocument{heading: h, Counters: make([]counterRecord, 0, len(chosen))}
			for _, c := range chosen {
				r := counterRecord{
					ID: c.ID, TypeID: c.TypeID, Type: c.TypeName(), Value: c.Value, Label: c.Label,
					RegistrationID: c.RegistrationID, OwnerID: c.OwnerID, ReferenceID: c.ReferenceID,
				}
				if rates && c.rated {
					r.Rate = &c.rate
				}
				d.Counters = append(d.Counters, r)
			}
			return d
		},
	}
}

// choice is the counters that a look has chosen, whose memory the next one uses again: there may be ten thousand.
type choice struct {
	all    []ratedCounter
	sorted []*ratedCounter
}

func (c *choice) counters(s *sight, keep func(*stats.Counter) bool, order counterOrder) []*ratedCounter {
	c.all, c.sorted = c.all[:0], c.sorted[:0]
	for counter := range s.Counters() {
		c.all = append(c.all, ratedCounter{Counter: counter})
		last := &c.all[len(c.all)-1]
		if !keep(&last.Counter) {
			c.all = c.all[:len(c.all)-1]
			continue
		}
		last.rate, last.rated = s.rates.of(counter.ID)
	}
	for i := range c.all {
		c.sorted = append(c.sorted, &c.all[i])
	}
	if order != nil {
		slices.SortStableFunc(c.sorted, order)
	}
	return c.sorted
}

// writeCounters writes a table of as many lines as fit, or all.
func writeCounters(b *bytes.Buffer, counters []*ratedCounter, rows int, rates bool) {
	fmt.Fprintf(b, "%5s %20s", "id", "value")
	if rates {
		fmt.Fprintf(b, " %14s", "per second")
	}
	b.WriteString("  label\n")
	if rows > 0 {
		counters = counters[:min(len(counters), max(0, rows-1))]
	}
	for _, c := range counters {
		fmt.Fprintf(b, "%5d %20s", c.ID, grouped(c.Value))
		if rates {
			rate := ""
			if c.rated && c.rate != 0 {
				rate = grouped(int64(c.rate))
			}
			fmt.Fprintf(b, " %14s", rate)
		}
		fmt.Fprintf(b, "  %s\n", c.Label)
	}
}

// grouped is a number with its thousands apart, as Aeron's tools print them.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}
