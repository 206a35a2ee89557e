package aeron_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// ways are the ways to receive whole messages: each gives copies of the next n.
var ways = []struct {
	name string
	next func(t *testing.T, s *aeron.Subscription, n int) [][]byte
}{
	{"Poll", func(t *testing.T, s *aeron.Subscription, n int) (got [][]byte) {
		testdriver.Await(t, "the messages", func() bool {
			_, err := s.Poll(func(f aeron.Fragment) { got = append(got, append([]byte{}, f.Data()...)) }, 1)
			require.NoError(t, err)
			return len(got) >= n
		})
		return got
	}},
	{"PollMessages", func(t *testing.T, s *aeron.Subscription, n int) (got [][]byte) {
		testdriver.Await(t, "the messages", func() bool {
			_, err := s.PollMessages(func(m aeron.Message) { got = append(got, m.Clone()) }, 1)
			require.NoError(t, err)
			return len(got) >= n
		})
		return got
	}},
	{"PollControlled", func(t *testing.T, s *aeron.Subscription, n int) (got [][]byte) {
		testdriver.Await(t, "the messages", func() bool {
			_, err := s.PollControlled(func(f aeron.Fragment) aeron.Action {
				got = append(got, append([]byte{}, f.Data()...))
				if len(got) == n {
					return aeron.Break
				}
				return aeron.Commit
			}, 10)
			require.NoError(t, err)
			return len(got) >= n
		})
		return got
	}},
	{"Messages", func(t *testing.T, s *aeron.Subscription, n int) (got [][]byte) {
		for m, err := range s.Messages(testdriver.Context(t)) {
			require.NoError(t, err)
			got = append(got, m.Clone())
			if len(got) == n {
				break
			}
		}
		return got
	}},
}

func TestReceive_everySizeInEveryWay(t *testing.T) {
	figures.Begin(t)
	received := 0
	for _, tr := range transports {
		for _, k := range kinds {
			t.Run(tr.name+"/"+k.name, func(t *testing.T) {
				d := start(t, config(t))
				p, err := k.add(d, testdriver.Context(t), tr.channel(t), 1)
				require.NoError(t, err)
				s := connect(t, d, p)
				c := p.Constants()
				require.Equal(t, 1408-32, c.MaxPayloadLength)
				messages := [][]byte{nil, {}}
				for _, n := range []int{1, 31, 32, 33, 1408 - 32 - 1, 1408 - 32, 1408 - 31, 1408, 2 * (1408 - 32), 2*(1408-32) + 1, c.MaxMessageLength - 1, c.MaxMessageLength} {
					messages = append(messages, pattern(n, n))
				}
				for _, way := range ways {
					for _, m := range messages {
						require.NoError(t, p.Publish(testdriver.Context(t), m))
						got := way.next(t, s, 1)
						require.Len(t, got, 1)
						require.Len(t, got[0], len(m), "%s of %d bytes", way.name, len(m))
						require.Equal(t, append([]byte{}, m...), got[0], "%s of %d bytes", way.name, len(m))
					}
					// And all at once, through every end of a term.
					go func() {
						for _, m := range messages {
							if err := p.Publish(testdriver.Context(t), m); err != nil {
								t.Errorf("publish: %v", err)
							}
						}
					}()
					got := way.next(t, s, len(messages))
					require.Len(t, got, len(messages))
					for i := range messages {
						require.Equal(t, append([]byte{}, messages[i]...), got[i], way.name)
					}
					received += 2 * len(messages)
				}
				position, err := p.Position()
				require.NoError(t, err)
				require.Equal(t, position, s.Images()[0].Position(), "all of it is consumed")
			})
		}
	}
	figures.Record(t, "messages, by IPC and UDP, both kinds of publication and every way to receive", received)
}

func TestReceive_messagesLongerThanTheMTUAreWhole(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408")
	long := pattern(5000, 1) // four frames
	require.NoError(t, p.Publish(testdriver.Context(t), long))
	calls, frames := 0, 0
	testdriver.Await(t, "the message", func() bool {
		n, err := s.Poll(func(f aeron.Fragment) {
			calls++
			require.Equal(t, long, f.Data())
			require.EqualValues(t, aeronc.FlagUnfragmented, f.Flags()&aeronc.FlagUnfragmented)
			position, err := p.Position()
			require.NoError(t, err)
			require.Equal(t, position, f.Position(), "behind the last frame")
			require.Equal(t, p.SessionID(), f.SessionID())
		}, 1)
		require.NoError(t, err)
		require.LessOrEqual(t, n, 1)
		frames += n
		return calls == 1
	})
	require.Equal(t, 4, frames, "the limit counts frames of the log")
	n, err := s.PollMessages(func(aeron.Message) {}, 0)
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = s.PollMessages(func(aeron.Message) {}, -1)
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	for _, err := range []error{second(s.Poll(nil, 1)), second(s.PollMessages(nil, 1)), second(s.PollControlled(nil, 1))} {
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		require.ErrorContains(t, err, "give a function")
	}
}

func TestReceive_interleavedPublishersDoNotMix(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			d := start(t, config(t))
			channel := tr.channel(t)
			const senders, each = 3, 60
			ps := make([]*aeron.ExclusivePublication, senders)
			who := map[int32]int{}
			var s *aeron.Subscription
			for i := range ps {
				p, err := d.AddExclusivePublication(testdriver.Context(t), channel, 1)
				require.NoError(t, err)
				ps[i], who[p.SessionID()] = p, i
				if s == nil {
					s = connect(t, d, p)
				}
				require.NoError(t, p.AwaitReady(testdriver.Context(t)))
			}
			testdriver.Await(t, "an image of each", func() bool { return len(s.Images()) == senders })
			for i, p := range ps {
				go func() {
					for m := range each {
						if err := p.Publish(testdriver.Context(t), pattern(1000+m*100, i*64+m)); err != nil {
							t.Errorf("publish: %v", err)
							return
						}
					}
				}()
			}
			next := make([]int, senders)
			total := 0
			testdriver.Await(t, "all messages", func() bool {
				for {
					// One frame at a time, so that the messages of all come in between each other's.
					n, err := s.PollMessages(func(m aeron.Message) {
						i := who[m.SessionID()]
						require.Equal(t, pattern(1000+next[i]*100, i*64+next[i]), m.Data())
						require.Equal(t, m.SessionID(), m.Image().SessionID())
						next[i]++
						total++
					}, 1)
					require.NoError(t, err)
					if n == 0 {
						return total == senders*each
					}
				}
			})
		})
	}
}

func TestPollControlled_abortRedeliversTheWholeMessage(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408")
	short, long := pattern(10, 1), pattern(8000, 2)
	require.NoError(t, p.Publish(testdriver.Context(t), short))
	require.NoError(t, p.Publish(testdriver.Context(t), long))
	image := s.Images()[0]
	poll := func(action func(f aeron.Fragment) aeron.Action) int {
		n, err := s.PollControlled(action, 100)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, poll(func(aeron.Fragment) aeron.Action { return aeron.Abort }))
	require.Zero(t, image.Position())
	require.Equal(t, 1, poll(func(aeron.Fragment) aeron.Action { return aeron.Break }))
	behind := image.Position()
	require.EqualValues(t, 64, behind)
	for range 3 {
		seen := 0
		poll(func(f aeron.Fragment) aeron.Action {
			seen++
			require.Equal(t, long, f.Data(), "whole, every time")
			return aeron.Abort
		})
		require.Equal(t, 1, seen)
		position, err := p.Position()
		require.NoError(t, err)
		require.Less(t, image.Position(), position, "the last frame is not consumed")
	}
	seen := 0
	poll(func(f aeron.Fragment) aeron.Action {
		seen++
		require.Equal(t, long, f.Data())
		return aeron.Action(0) // a forgotten return loses nothing
	})
	poll(func(f aeron.Fragment) aeron.Action {
		seen++
		require.Equal(t, long, f.Data())
		return aeron.Commit
	})
	require.Equal(t, 2, seen)
	require.Zero(t, poll(func(aeron.Fragment) aeron.Action { return aeron.Commit }))
	position, err := p.Position()
	require.NoError(t, err)
	require.Equal(t, position, image.Position())
}

func TestRawFragments_deliversTheFramesOfTheLog(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408", aeron.RawFragments())
	long := pattern(3*(1408-32)+5, 1)
	require.NoError(t, p.Publish(testdriver.Context(t), long))
	var flags []uint8
	var all []byte
	n, err := s.Poll(func(f aeron.Fragment) {
		flags = append(flags, f.Flags())
		all = append(all, f.Data()...)
	}, 100)
	require.NoError(t, err)
	require.Equal(t, 4, n)
	require.Equal(t, long, all)
	require.Equal(t, []uint8{aeronc.FlagBegin, 0, 0, aeronc.FlagEnd}, flags)

	require.NoError(t, p.Publish(testdriver.Context(t), long))
	frames := 0
	_, err = s.PollControlled(func(f aeron.Fragment) aeron.Action {
		if frames++; frames == 2 {
			return aeron.Abort
		}
		return aeron.Continue
	}, 100)
	require.NoError(t, err)
	require.Equal(t, 2, frames, "frames, not messages")
	_, err = s.PollMessages(func(aeron.Message) { t.Error("a message without its beginning was delivered") }, 100)
	require.NoError(t, err)
	require.NoError(t, p.Publish(testdriver.Context(t), long))
	require.Equal(t, []string{string(long)}, receive(t, s, 1), "PollMessages is for whole ones, whatever the option")
}

func TestFragments_givesFramesOneByOne(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408")
	long := pattern(3*(1408-32), 1)
	require.NoError(t, p.Publish(testdriver.Context(t), long))
	var all []byte
	for range 3 {
		for f, err := range s.Fragments(testdriver.Context(t)) {
			require.NoError(t, err)
			require.Len(t, f.Data(), 1408-32)
			all = append(all, f.Data()...)
			break
		}
		require.EqualValues(t, len(all)/(1408-32)*1408, s.Images()[0].Position(), "exactly what was seen is consumed")
	}
	require.Equal(t, long, all)
	ends := 0
	for _, err := range s.Fragments(canceled()) {
		require.ErrorIs(t, err, context.Canceled)
		ends++
	}
	require.Equal(t, 1, ends)
}

// numbered sends n messages that say which they are; every third is longer than the MTU.
func numbered(t *testing.T, p aeron.Sender, n int) (messages []string) {
	t.Helper()
	for i := range n {
		m := fmt.Sprintf("message %d", i)
		if i%3 == 2 {
			m += string(pattern(3000, i))
		}
		messages = append(messages, m)
	}
	publish(t, p, messages...)
	return messages
}

func TestMessages_leavingTheLoopConsumesWhatItHasSeen(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408")
	sent := numbered(t, p, 9)
	ctx := testdriver.Context(t)
	byReturn := func() string {
		for m, err := range s.Messages(ctx) {
			require.NoError(t, err)
			return string(m.Data())
		}
		return "nothing"
	}
	var got []string
	for m, err := range s.Messages(ctx) {
		require.NoError(t, err)
		if got = append(got, string(m.Data())); len(got) == 2 {
			break
		}
	}
	got = append(got, byReturn(), byReturn())
outer:
	for {
		for m, err := range s.Messages(ctx) {
			require.NoError(t, err)
			if got = append(got, string(m.Data())); len(got)%2 == 0 {
				continue outer
			}
			break outer
		}
	}
	got = append(got, receive(t, s, len(sent)-len(got))...)
	require.Equal(t, sent, got)
}

// The message at which a loop or a handler panics was not dealt with: it comes again.
func TestReceive_aPanicConsumesWhatCameBefore(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408")
	sent := numbered(t, p, 9)
	ctx := testdriver.Context(t)
	image := s.Images()[0]
	var got []string
	// at collects messages and panics at the one with a number.
	at := func(number int, data []byte) {
		if len(got) == number {
			panic(number)
		}
		got = append(got, string(data))
	}
	require.PanicsWithValue(t, 1, func() {
		for m, err := range s.Messages(ctx) {
			require.NoError(t, err)
			at(1, m.Data())
		}
	})
	require.EqualValues(t, 64, image.Position())
	require.PanicsWithValue(t, 2, func() {
		_, _ = s.Poll(func(f aeron.Fragment) { at(2, f.Data()) }, 100)
	})
	before := image.Position()
	require.PanicsWithValue(t, 2, func() {
		_, _ = s.PollMessages(func(m aeron.Message) { at(2, m.Data()) }, 100)
	})
	require.Equal(t, before, image.Position(), "in the last frame of a long message: all but that is kept")
	require.PanicsWithValue(t, 5, func() {
		_, _ = s.PollControlled(func(f aeron.Fragment) aeron.Action { at(5, f.Data()); return aeron.Commit }, 100)
	})
	got = append(got, receive(t, s, len(sent)-len(got))...)
	require.Equal(t, sent, got)
	position, err := p.Position()
	require.NoError(t, err)
	require.Equal(t, position, image.Position())
}

func TestMessages_endsWithItsContextOrTheSubscription(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc")
	for _, err := range s.Messages(soon(t)) {
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, "aeron:ipc", typed(t, err).Channel)
		require.EqualValues(t, 10, typed(t, err).StreamID)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	publish(t, p, "last")
	turns := 0
	for m, err := range s.Messages(ctx) {
		if turns++; turns == 1 {
			require.NoError(t, err)
			require.Equal(t, "last", string(m.Data()))
			cancel()
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, m.Data())
		require.Zero(t, m.SessionID())
	}
	require.Equal(t, 2, turns)
	ended := make(chan error, 1)
	go func() {
		var last error
		for _, err := range s.Messages(context.Background()) {
			last = err
		}
		ended <- last
	}()
	require.NoError(t, s.Close())
	within(t, "the loop's end", func() { require.ErrorIs(t, <-ended, aeron.ErrClosed) })
}

func TestMessage_cloneIsTheCallers(t *testing.T) {
	_, p, s := stream(t, "aeron:ipc?mtu=1408")
	var kept [][]byte
	for i := range 50 {
		publish(t, p, string(pattern(2000, i)), "")
		testdriver.Await(t, "two messages", func() bool {
			_, err := s.PollMessages(func(m aeron.Message) { kept = append(kept, m.Clone()) }, 10)
			require.NoError(t, err)
			return len(kept) == 2*i+2
		})
	}
	for i := range 50 {
		require.Equal(t, pattern(2000, i), kept[2*i])
		require.NotNil(t, kept[2*i+1])
		require.Empty(t, kept[2*i+1])
	}
}

func TestAddSubscription_refusesALimitOfMessagesThatNoneCanHave(t *testing.T) {
	d := start(t, config(t))
	for _, length := range []int{0, -1, math.MaxInt32 - 31, math.MaxInt} {
		_, err := d.AddSubscription(testdriver.Context(t), "aeron:ipc", 1, aeron.MaxMessageLength(length))
		require.ErrorIs(t, err, aeron.ErrInvalidArgument)
		require.ErrorContains(t, err, fmt.Sprintf("MaxMessageLength(%d) must be 1 to 2147483615", length))
	}
	s, err := d.AddSubscription(testdriver.Context(t), "aeron:ipc", 1, aeron.MaxMessageLength(math.MaxInt32-32))
	require.NoError(t, err, "the most that package aeronc takes")
	require.NoError(t, s.Close())
}
