package aeron_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// countsAllocations: under the race detector they are its own bookkeeping's as well.
var countsAllocations = !raceEnabled

// requireNoAllocation runs f a thousand times, and looks at what that has allocated where that counts.
func requireNoAllocation(t *testing.T, what string, f func()) {
	t.Helper()
	allocations := testing.AllocsPerRun(1000, f)
	if countsAllocations {
		require.Zero(t, allocations, what)
	}
}

func TestDataPath_doesNotAllocate(t *testing.T) {
	figures.Begin(t)
	d := start(t, config(t))
	counted := 0
	nothing := func(t *testing.T, what string, f func()) {
		t.Helper()
		requireNoAllocation(t, what, f)
		counted++
	}
	stream := int32(0) // a new one each: the driver may still know the subscriber of the one before
	for _, k := range kinds {
		for _, tr := range transports {
			t.Run(k.name+"/"+tr.name, func(t *testing.T) {
				stream++
				p, err := k.add(d, testdriver.Context(t), tr.channel(t), stream)
				require.NoError(t, err)
				message, long := pattern(100, 0), pattern(4000, 0)
				var odd error
				sent := 0
				note := func(err, expected error) {
					if !errors.Is(err, expected) && odd == nil {
						odd = errors.Join(errors.New("unexpected"), err)
					}
				}
				nothing(t, "an offer to nobody", func() { note(second(p.Offer(message)), aeron.ErrNotConnected) })
				nothing(t, "a claim to nobody", func() { _, err := p.TryClaim(8); note(err, aeron.ErrNotConnected) })
				require.NoError(t, odd)

				s := connect(t, d, p)
				received, bytes := 0, 0
				handle := func(f aeron.Fragment) { received++; bytes += len(f.Data()) }
				handleMessage := func(m aeron.Message) { received++; bytes += len(m.Data()) }
				controlled := func(aeron.Fragment) aeron.Action { received++; return aeron.Commit }
				// Back pressure gives the core away: on few of them the driver would not open the window again meanwhile.
				wait := idle.Backoff()
				took := func(err error) bool {
					if err == nil {
						sent++
						wait.Reset()
					} else if errors.Is(err, aeron.ErrBackPressured) {
						wait.Idle(0)
					} else if !errors.Is(err, aeron.ErrAdminAction) {
						note(err, nil)
					}
					return err == nil
				}
				offer := func() { took(second(p.Offer(message))) }
				offerLong := func() { took(second(p.Offer(long))) }
				claim := func() {
					if c, err := p.TryClaim(64); took(err) {
						copy(c.Data(), message)
						note(c.Commit(), nil)
					}
				}
				poll := func() { _, err := s.Poll(handle, 10); note(err, nil) }
				pollMessages := func() { _, err := s.PollMessages(handleMessage, 10); note(err, nil) }
				pollControlled := func() { _, err := s.PollControlled(controlled, 10); note(err, nil) }
				// The buffer that messages are put together in is made once an image.
				testdriver.Await(t, "a long message", func() bool { offerLong(); poll(); return received > 0 })
				for what, f := range map[string]func(){
					"Offer and Poll":                   func() { offer(); poll() },
					"Offer and PollMessages":           func() { offer(); pollMessages() },
					"Offer and PollControlled":         func() { offer(); pollControlled() },
					"TryClaim, Commit and Poll":        func() { claim(); poll() },
					"a fragmented Offer and its parts": func() { offerLong(); poll() },
					"OfferVectored and Poll": func() {
						// Through the interface the list of parts would be allocated by the caller.
						switch p := p.(type) {
						case *aeron.Publication:
							took(second(p.OfferVectored(message[:10], message[10:])))
							took(second(p.OfferReserved(7, message)))
						case *aeron.ExclusivePublication:
							took(second(p.OfferVectored(message[:10], message[10:])))
							took(second(p.OfferReserved(7, message)))
						}
						poll()
					},
					"a handler made for one Poll": func() { n := 0; _, err := s.Poll(func(aeron.Fragment) { n++; received++ }, 10); note(err, nil) },
					"a Poll of nothing":           func() { poll(); pollMessages(); pollControlled() },
				} {
					nothing(t, what, f)
				}
				require.NoError(t, odd)
				require.Greater(t, sent, 100, "else nothing was measured")
				testdriver.Await(t, "the rest", func() bool { poll(); return received == sent })
				// The window may still move a little while the driver hears of what was consumed.
				fill(t, p)
				refused := 0
				full := func(err error) bool {
					if errors.Is(err, aeron.ErrBackPressured) {
						refused++
					} else if err != nil && !errors.Is(err, aeron.ErrAdminAction) {
						note(err, aeron.ErrBackPressured)
					}
					return err != nil
				}
				nothing(t, "ErrBackPressured", func() { full(second(p.Offer(long))) })
				nothing(t, "a claim under back pressure", func() {
					if c, err := p.TryClaim(1000); !full(err) {
						note(c.Abort(), nil)
					}
				})
				require.Greater(t, refused, 1000, "else nothing was measured")
				require.NoError(t, errors.Join(p.Close(), s.Close()))
				nothing(t, "ErrClosed", func() {
					note(second(p.Offer(message)), aeron.ErrClosed)
					_, err := s.Poll(handle, 1)
					note(err, aeron.ErrClosed)
				})
				require.NoError(t, odd)
			})
		}
	}
	if countsAllocations {
		figures.Record(t, "operations, by IPC and UDP and both kinds of publication, a thousand times each", counted)
	}
}
