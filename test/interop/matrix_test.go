package interop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
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
	kinds = []string{"exclusive", "shared"}
	// Terms are short enough to come to their end several times. The longest message is an eighth of one.
	small = load{termLength: 64 << 10, sizes: []int{0, 1, oneFrame, mtu, 4001, 8 << 10}, times: 15}
	large = load{termLength: 8 << 20, sizes: []int{1 << 20, 1, 100 * oneFrame, 64<<10 + 7}, times: 2}
	// Of messages that are one frame each.
	frames = []int{0, 1, 31, 32, 33, oneFrame}
)

// of is the load sent by a publication of that kind.
func (l load) of(kind string) load {
	l.kind = kind
	return l
}

// loads are those that a case sends, one publication each: every size by every kind of publication. A response has one publication, so it
// sends all with that, of the kind that is asked for.
func (c one) loads(kind string) []load {
	if c.transport == "response" {
		return []load{{kind: kind, termLength: large.termLength, sizes: append(slices.Clip(large.sizes), small.sizes...), times: small.times / 5}}
	}
	var all []load
	for _, kind := range kinds {
		all = append(all, small.of(kind), large.of(kind))
	}
	return all
}

// ways are the methods by which a peer's publication of a kind sends.
func (l load) ways(peer string) []string {
	return slices.DeleteFunc(slices.Clone(methods[peer]), func(method string) bool {
		return l.kind == "shared" && method == "block" // only exclusive publications take blocks
	})
}

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

// covering picks cases so that whatever is in one of all is in one of them, such as any three choices that go together: always the case
// with the most that is new.
func covering(all []one, in func(one) []string) []one {
	open := map[string]bool{}
	for _, c := range all {
		for _, part := range in(c) {
			open[part] = true
		}
	}
	var picked []one
	for len(open) > 0 {
		best, most := one{}, 0
		for _, c := range all {
			fresh := 0
			for _, part := range in(c) {
				if open[part] {
					fresh++
				}
			}
			if fresh > most {
				best, most = c, fresh
			}
		}
		for _, part := range in(best) {
			delete(open, part)
		}
		picked = append(picked, best)
	}
	return picked
}

func TestCovering_anyThreeChoicesMeet(t *testing.T) {
	all := everyCase()
	picked := covering(all, one.triples)
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
		picked = covering(all, one.triples)
	}
	var messages, bytes atomic.Int64
	t.Run("cases", func(t *testing.T) {
		for i, c := range picked {
			t.Run(c.name(), func(t *testing.T) {
				t.Parallel()
				conversations := []string{""}
				if c.transport == "response" {
					conversations = kinds
				}
				for j, kind := range conversations {
					s := newScene(t, c, "m", 1000+len(kinds)*i+j)
					s.play(t, kind)
					messages.Add(s.messages)
					bytes.Add(s.bytes)
				}
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
	sessions      map[string]string // of publications, by name
	transfers     uint64
	messages      int64
	bytes         int64
}

func newScene(t *testing.T, c one, prefix string, stream int) *scene {
	t.Helper()
	return &scene{
		one: c, stream: int32(stream), id: fmt.Sprint(prefix, stream), port: testdriver.Port(t), control: testdriver.Port(t), sessions: map[string]string{},
	}
}

func (s *scene) play(t *testing.T, kind string) {
	t.Helper()
	s.subscribe(t)
	for _, l := range s.loads(kind) {
		s.publish(t, l)
		for _, method := range l.ways(s.publisher) {
			sizes, times := l.sizes, l.times
			if method == "claim" || method == "block" {
				sizes, times = frames, 25
			}
			s.transfer(t, s.answers(), method, s.seed(), times, sizes)
		}
		if s.transport == "response" {
			s.converse(t)
		}
		s.unpublish(t)
	}
	s.unsubscribe(t)
}

func (s *scene) subscribe(t *testing.T) {
	t.Helper()
	transports[s.transport].subscribe(t, s)
}

func (s *scene) unsubscribe(t *testing.T) {
	t.Helper()
	s.subscriberPeer().do(t, "close", s.id+"-sub")
	if s.transport == "response" {
		s.publisherPeer().do(t, "close", s.id+"-questions")
		s.subscriberPeer().do(t, "close", s.id+"-ask")
	}
}

func (s *scene) publish(t *testing.T, l load) {
	t.Helper()
	transports[s.transport].publish(t, s, l)
	s.publisherPeer().do(t, "connected", s.id+"-pub")
}

// unpublish closes the publication when all that was sent has been received, and nothing behind it.
func (s *scene) unpublish(t *testing.T) {
	t.Helper()
	s.drained(t, s.answers())
	if s.transport == "response" {
		s.drained(t, s.questions())
	}
	s.publisherPeer().do(t, "close", s.id+"-pub")
}

// seed is another each time, so that what one transfer left behind is not taken for the next one's.
func (s *scene) seed() uint64 {
	s.transfers++
	return uint64(s.stream)<<16 + s.transfers
}

// path is a publication of one peer and the subscription of another to which it leads, with their drivers.
type path struct{ publisher, pub, from, subscriber, sub, to string }

// answers is what a case is about, and questions what goes the other way, where there are any.
func (s *scene) answers() path {
	return path{s.publisher, s.id + "-pub", s.pubDriver, s.subscriber, s.id + "-sub", s.subDriver}
}

func (s *scene) questions() path {
	return path{s.subscriber, s.id + "-ask", s.subDriver, s.publisher, s.id + "-questions", s.pubDriver}
}

// opened is a snapshot until the test ends.
func opened(t *testing.T, dir string) *stats.Snapshot {
	t.Helper()
	snapshot, err := stats.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, snapshot.Close()) })
	return snapshot
}

// drained waits until the drivers say that the subscriber is where the publication is: the last message was received once, and there is
// nothing behind it.
func (s *scene) drained(t *testing.T, p path) {
	t.Helper()
	from, to := opened(t, drivers[p.from]), opened(t, drivers[p.to])
	streams := func(snapshot *stats.Snapshot) (mine []stats.StreamBacklog) {
		require.NoError(t, snapshot.Refresh())
		for b := range snapshot.Backlog() {
			if b.StreamID == s.stream && fmt.Sprint(b.SessionID) == s.sessions[p.pub] {
				mine = append(mine, b)
			}
		}
		return mine
	}
	var published, read []int64
	testdriver.Await(t, "the subscriber to be where the publication is", func() bool {
		published, read = nil, nil
		for _, b := range streams(from) {
			if b.Publisher != nil {
				published = append(published, b.Publisher.Position)
			}
		}
		for _, b := range streams(to) {
			for _, subscriber := range b.Subscribers {
				read = append(read, subscriber.Position)
			}
		}
		return len(published) == 1 && slices.Equal(published, read)
	})
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
	seed := s.seed()
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
