package interop

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/test/payload"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// one is one case of the matrix: who publishes and who subscribes, through whose drivers, over what.
type one struct{ transport, publisher, pubDriver, subscriber, subDriver string }

func (c one) name() string {
	return fmt.Sprintf("%s/%s@%s→%s@%s", c.transport, c.publisher, c.pubDriver, c.subscriber, c.subDriver)
}

// cannot says why a case does not exist, or "".
func (c one) cannot() string {
	switch {
	case transports[c.transport].oneDriver && c.pubDriver != c.subDriver:
		return "the log is in one driver's directory"
	case c.transport == "mdc-manual" && c.publisher == "aerongo":
		return "aeron-go's publications have no destinations"
	}
	return ""
}

// methods are the ways in which a peer's exclusive publications send; a claim and a frame of a block hold no more than one frame.
var methods = map[string][]string{
	"go":      {"offer", "vectored", "claim", "batch", "block"},
	"c":       {"offer", "vectored", "claim", "block"},
	"java":    {"offer", "vectored", "claim", "block"},
	"aerongo": {"offer", "vectored", "claim"},
}

const (
	mtu      = 1408
	oneFrame = mtu - 32
)

// load is what one publication sends.
type load struct {
	kind       string // exclusive or shared
	termLength int
	sizes      []int // of messages that may be fragmented
	times      int
}

var (
	// Terms are short enough to come to their end several times. The longest message is an eighth of one.
	small = load{kind: "exclusive", termLength: 64 << 10, sizes: []int{0, 1, oneFrame, mtu, 4001, 8 << 10}, times: 30}
	large = load{kind: "shared", termLength: 8 << 20, sizes: []int{1 << 20, 1, 100 * oneFrame, 64<<10 + 7}, times: 4}
	// Of messages that are one frame each.
	frames = []int{0, 1, 31, 32, 33, oneFrame}
)

// everyCase is the whole matrix, in an order that does not change.
func everyCase() []one {
	var all []one
	for _, transport := range transportNames {
		for _, pubDriver := range driverNames {
			for _, subDriver := range driverNames {
				for _, publisher := range peerNames {
					for _, subscriber := range peerNames {
						c := one{transport, publisher, pubDriver, subscriber, subDriver}
						if c.cannot() == "" {
							all = append(all, c)
						}
					}
				}
			}
		}
	}
	return all
}

// triples are the combinations of three choices in a case.
func (c one) triples() []string {
	choices := []string{"over " + c.transport, "by " + c.publisher, "from " + c.pubDriver, "to " + c.subscriber, "in " + c.subDriver}
	var triples []string
	for i, first := range choices {
		for j, second := range choices[:i] {
			for _, third := range choices[:j] {
				triples = append(triples, third+" "+second+" "+first)
			}
		}
	}
	return triples
}

// covering picks cases so that any three choices that go together meet in one of them: always the case with the most that is new.
func covering(all []one) []one {
	open := map[string]bool{}
	for _, c := range all {
		for _, triple := range c.triples() {
			open[triple] = true
		}
	}
	var picked []one
	for len(open) > 0 {
		best, most := one{}, 0
		for _, c := range all {
			fresh := 0
			for _, triple := range c.triples() {
				if open[triple] {
					fresh++
				}
			}
			if fresh > most {
				best, most = c, fresh
			}
		}
		for _, triple := range best.triples() {
			delete(open, triple)
		}
		picked = append(picked, best)
	}
	return picked
}

func TestCovering_anyThreeChoicesMeet(t *testing.T) {
	all := everyCase()
	picked := covering(all)
	require.Less(t, len(picked), len(all)/2)
	met := map[string]bool{}
	for _, c := range picked {
		for _, triple := range c.triples() {
			met[triple] = true
		}
	}
	for _, c := range all {
		for _, triple := range c.triples() {
			require.True(t, met[triple], triple)
		}
	}
}

// Everything that is sent arrives, once, in order and unchanged, whoever sends and whoever receives.
func TestMatrix(t *testing.T) {
	figures.Begin(t)
	all := everyCase()
	picked := all
	if !*full {
		picked = covering(all)
	}
	var messages, bytes atomic.Int64
	t.Run("cases", func(t *testing.T) {
		for i, c := range picked {
			t.Run(c.name(), func(t *testing.T) {
				t.Parallel()
				s := &scene{one: c, stream: int32(1000 + i), id: fmt.Sprintf("m%d", i), port: port(t), control: port(t)}
				s.play(t)
				messages.Add(s.messages)
				bytes.Add(s.bytes)
			})
		}
	})
	figures.Record(t, "cases", fmt.Sprintf("%d of %d, clients %s, drivers %s", len(picked), len(all), strings.Join(peerNames, " "), strings.Join(driverNames, " ")))
	figures.Record(t, "messages", messages.Load())
	figures.Record(t, "MiB", bytes.Load()>>20)
}

// scene is a case while it is played. Names of things begin with id.
type scene struct {
	one
	stream        int32
	id            string
	port, control int
	messages      int64
	bytes         int64
}

func (s *scene) play(t *testing.T) {
	t.Helper()
	transport := transports[s.transport]
	transport.subscribe(t, s)
	loads := []load{small, large}
	if s.transport == "response" { // a response has one publication
		loads = []load{{kind: "exclusive", termLength: large.termLength, sizes: append(large.sizes, small.sizes...), times: 3}}
	}
	for _, l := range loads {
		pub := s.id + "-pub"
		transport.publish(t, s, l)
		s.publisherPeer().do(t, "connected", pub)
		for _, method := range methods[s.publisher] {
			if l.kind == "shared" && method == "block" {
				continue // only exclusive publications take blocks
			}
			sizes, times := l.sizes, l.times
			if method == "claim" || method == "block" {
				sizes, times = frames, 25
			}
			s.transfer(t, s.answers(), method, uint64(s.stream)<<8+uint64(len(method)), times, sizes)
		}
		if s.transport == "response" {
			s.converse(t)
		}
		s.publisherPeer().do(t, "close", pub)
	}
	s.subscriberPeer().do(t, "close", s.id+"-sub")
}

// path is a publication of one peer and the subscription of another to which it leads.
type path struct{ publisher, pub, subscriber, sub string }

// answers is what a case is about, and questions what goes the other way, where there are any.
func (s *scene) answers() path { return path{s.publisher, s.id + "-pub", s.subscriber, s.id + "-sub"} }
func (s *scene) questions() path {
	return path{s.subscriber, s.id + "-ask", s.publisher, s.id + "-questions"}
}

// transfer sends and receives, compares both ends with what was to be sent, and gives what the receiver has said.
func (s *scene) transfer(t *testing.T, p path, method string, seed uint64, times int, sizes []int) map[string]string {
	t.Helper()
	count := times * len(sizes)
	received := peers[p.subscriber].start("recv", p.sub, count)
	sent, err := peers[p.publisher].start("send", p.pub, method, seed, times, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(sizes)), ","), "[]"))()
	require.NoError(t, err, method)
	got, err := received()
	require.NoError(t, err, method)
	want := payload.Expected(seed, times, sizes)
	require.Equal(t, want, sent[""], "%s: what %s says to have sent", method, p.publisher)
	require.Equal(t, want, got[""], "%s: what %s has received", method, p.subscriber)
	s.messages += int64(count)
	for _, size := range sizes {
		s.bytes += int64(size * times)
	}
	return got
}

// converse asks and answers in turn. Each question is another, and the answer is made of what the answerer has received of it, so
// that an answer to anything else would be found out.
func (s *scene) converse(t *testing.T) {
	t.Helper()
	seed := uint64(s.stream)
	for range 5 {
		for _, p := range []path{s.questions(), s.answers()} {
			heard := s.transfer(t, p, "offer", seed, 1, []int{1, oneFrame, 4001})
			next, err := strconv.ParseUint(heard["hash"], 16, 64)
			require.NoError(t, err)
			require.NotEqual(t, seed, next)
			seed = next
		}
	}
}

func (s *scene) publisherPeer() *process  { return peers[s.publisher] }
func (s *scene) subscriberPeer() *process { return peers[s.subscriber] }
