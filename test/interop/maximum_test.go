package interop

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// The longest message there is, 16 MiB, by both kinds of publication and in every way that fragments: in full, in the covering part of the
// matrix, so from every client to every other over every transport, and through any two drivers. Else from everybody to everybody and over
// every transport at least once, by one kind of publication each.
func TestMaximum(t *testing.T) {
	figures.Begin(t)
	longest := load{termLength: 128 << 20, sizes: []int{16 << 20}, times: 2}
	cases := covering(everyCase(), one.triples)
	if !*full {
		cases = covering(everyCase(), func(c one) []string { return []string{c.transport, c.publisher + "→" + c.subscriber} })
	}
	cells, messages := map[string]bool{}, int64(0)
	for i, c := range cases {
		t.Run(c.name(), func(t *testing.T) {
			for j, kind := range kinds {
				if !*full && i%len(kinds) != j {
					continue
				}
				l := longest.of(kind)
				ways := slices.DeleteFunc(l.ways(c.publisher), func(method string) bool { return method == "claim" || method == "block" })
				s := newScene(t, c, "longest", 500_000+len(kinds)*i+j)
				s.subscribe(t)
				s.publish(t, l)
				for _, method := range ways {
					s.transfer(t, s.answers(), method, s.seed(), l.times, l.sizes)
					cells[kind+" "+method] = true
				}
				s.unpublish(t)
				s.unsubscribe(t)
				messages += s.messages
			}
		})
	}
	figures.Record(t, "cases, kinds of publication with ways to send", fmt.Sprint(len(cases), ", ", len(cells)))
	figures.Record(t, "messages of 16 MiB", messages)
}
