package aeronc_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// sender is either kind of publication.
type sender interface {
	Offer([]byte) (int64, error)
	TryClaim(int) (aeronc.Claim, error)
	Constants() aeronc.PublicationConstants
	Position() (int64, error)
	PositionLimit() (int64, error)
	IsConnected() bool
	IsClosed() bool
	ChannelStatus() aeronc.ChannelStatus
	Close() error
}

// bothKinds runs a test with either kind of publication.
func bothKinds(t *testing.T, test func(t *testing.T, client *aeronc.Client, add func(channel string, stream int32) sender)) {
	t.Run("concurrent", func(t *testing.T) {
		client := testdriver.Start(t).Connect()
		test(t, client, func(channel string, stream int32) sender {
			p, err := client.AddPublication(testdriver.Context(t), channel, stream)
			require.NoError(t, err)
			return p
		})
	})
	t.Run("exclusive", func(t *testing.T) {
		client := testdriver.Start(t).Connect()
		test(t, client, func(channel string, stream int32) sender {
			p, err := client.AddExclusivePublication(testdriver.Context(t), channel, stream)
			require.NoError(t, err)
			return p
		})
	})
}

// connect adds a subscription and waits until both ends see each other.
func connect(t *testing.T, client *aeronc.Client, p sender) *aeronc.Subscription {
	t.Helper()
	s, err := client.AddSubscription(testdriver.Context(t), p.Constants().Channel, p.Constants().StreamID)
	require.NoError(t, err)
	testdriver.Await(t, "connected", func() bool { return s.IsConnected() && p.IsConnected() })
	testdriver.Await(t, "an open window", func() bool {
		limit, err := p.PositionLimit()
		require.NoError(t, err)
		position, err := p.Position()
		require.NoError(t, err)
		return limit > position
	})
	return s
}

// offer sends a message, through back pressure.
func offer(t *testing.T, p sender, message []byte) {
	t.Helper()
	testdriver.Await(t, "the offer", func() bool {
		_, err := p.Offer(message)
		if errors.Is(err, aeronc.ErrBackPressured) || errors.Is(err, aeronc.ErrAdminAction) {
			return false
		}
		require.NoError(t, err)
		return true
	})
}

// receive polls until n fragments have come.
func receive(t *testing.T, s *aeronc.Subscription, n int) (messages [][]byte) {
	t.Helper()
	testdriver.Await(t, fmt.Sprintf("%d fragments", n), func() bool {
		_, err := s.Poll(func(f aeronc.Fragment) { messages = append(messages, bytes.Clone(f.Data())) }, n-len(messages))
		require.NoError(t, err)
		return len(messages) >= n
	})
	return messages
}

// Whoever asks for an exclusive publication's position need not be the writer, who goes on to the next term in several steps.
func TestExclusivePublication_positionIsForAnyGoroutine(t *testing.T) {
	client := testdriver.Start(t).Connect()
	p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
	require.NoError(t, err)
	s := connect(t, client, p)
	offer(t, p, make([]byte, 1000))
	if !p.DataPath().Reference {
		mend := p.TearRotation()
		position, err := p.Position()
		mend()
		require.NoError(t, err)
		require.EqualValues(t, 1056, position, "not as far as the writer has got with its own notes")
	}
	done, asked := make(chan struct{}), make(chan error)
	go func() {
		last := int64(0)
		for {
			position, err := p.Position()
			if err == nil && position < last {
				err = fmt.Errorf("%d after %d", position, last)
			}
			if err != nil {
				asked <- err
				return
			}
			last = position
			select {
			case <-done:
				asked <- nil
				return
			default:
			}
		}
	}()
	for range 200 * 9 { // each ends a term, or nearly so
		offer(t, p, make([]byte, 8000))
		receive(t, s, 6)
	}
	close(done)
	require.NoError(t, <-asked)
}

// As many late writers as C allows for must not move a term's tail into its id.
func TestBatch_takesNoMoreOfTheLogAtOnceThanCsLongestMessage(t *testing.T) {
	for term, longest := range map[int32]int32{64 << 10: 8 << 10, 128 << 20: 16 << 20, 1 << 30: 16 << 20} {
		require.Equal(t, longest, aeronc.LongestBlock(term), "term of %d", term)
	}
}

func TestPublication_resultsAreSentinels(t *testing.T) {
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		p := add("aeron:ipc", 1)
		_, err := p.Offer([]byte("x"))
		require.ErrorIs(t, err, aeronc.ErrNotConnected)
		_, err = p.TryClaim(1)
		require.ErrorIs(t, err, aeronc.ErrNotConnected)
		s := connect(t, client, p)
		message := make([]byte, 1000)
		testdriver.Await(t, "back pressure", func() bool {
			_, err := p.Offer(message)
			return errors.Is(err, aeronc.ErrBackPressured)
		})
		_, err = p.TryClaim(1)
		require.ErrorIs(t, err, aeronc.ErrBackPressured)
		position, err := p.Position()
		require.NoError(t, err)
		limit, err := p.PositionLimit()
		require.NoError(t, err)
		require.GreaterOrEqual(t, position, limit)

		c := p.Constants()
		require.Equal(t, "aeron:ipc", c.Channel)
		require.Equal(t, 64<<10, c.TermBufferLength)
		require.Equal(t, 8192, c.MaxMessageLength)
		_, err = p.Offer(make([]byte, c.MaxMessageLength+1))
		require.ErrorIs(t, err, aeronc.ErrMessageTooLong)
		require.ErrorContains(t, err, "8193")
		require.ErrorContains(t, err, "8192")
		_, err = p.TryClaim(c.MaxPayloadLength + 1)
		require.ErrorIs(t, err, aeronc.ErrMessageTooLong)
		_, err = p.TryClaim(-1)
		require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
		require.Equal(t, aeronc.ChannelActive, p.ChannelStatus())
		require.Equal(t, aeronc.ChannelActive, s.ChannelStatus())
	})
}

func TestPublication_udpChannelsHaveAStatus(t *testing.T) {
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		p := add(testdriver.UDP(t), 1)
		s := connect(t, client, p)
		require.Equal(t, aeronc.ChannelActive, p.ChannelStatus())
		require.Equal(t, aeronc.ChannelActive, s.ChannelStatus())
		require.GreaterOrEqual(t, s.ChannelStatusIndicatorID(), int32(0))
		require.Equal(t, p.Constants().StreamID, s.StreamID())
		require.NotZero(t, s.RegistrationID())
		require.Equal(t, p.Constants().Channel, s.Channel())
	})
}

func TestOffer_everyLengthArrivesAsItWasSent(t *testing.T) {
	figures.Begin(t)
	messages := 0
	for _, channel := range []string{"aeron:ipc", testdriver.UDP(t)} {
		bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
			p := add(channel, 1)
			s := connect(t, client, p)
			payload := p.Constants().MaxPayloadLength
			for _, length := range []int{0, 1, 31, 32, 33, payload - 1, payload} {
				message := bytes.Repeat([]byte{byte(length)}, length)
				offer(t, p, message)
				got := receive(t, s, 1)
				require.Len(t, got[0], len(message))
				require.True(t, bytes.Equal(message, got[0]))
				messages++
			}
			offer(t, p, nil)
			require.Empty(t, receive(t, s, 1)[0])
			messages++
		})
	}
	figures.Record(t, "messages, by IPC and UDP and both kinds of publication", messages)
}

func TestClaim_isCommittedOrAbortedOnce(t *testing.T) {
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		p := add("aeron:ipc", 1)
		s := connect(t, client, p)
		for _, length := range []int{0, 1, p.Constants().MaxPayloadLength} {
			aborted, err := p.TryClaim(length)
			require.NoError(t, err)
			require.Len(t, aborted.Data(), length)
			claim, err := p.TryClaim(length)
			require.NoError(t, err)
			require.Greater(t, claim.Position(), aborted.Position())
			for i := range claim.Data() {
				claim.Data()[i] = byte(length)
			}
			require.NoError(t, claim.SetReservedValue(int64(length)+77))
			require.NoError(t, claim.Commit())
			n, err := s.Poll(func(aeronc.Fragment) {}, 1)
			require.NoError(t, err)
			require.Zero(t, n, "nothing is seen beyond a claim that is open")
			require.NoError(t, aborted.Abort())
			for _, again := range []error{aborted.Abort(), aborted.Commit(), claim.Commit(), claim.Abort(), claim.SetReservedValue(1)} {
				require.ErrorIs(t, again, aeronc.ErrClaimResolved)
			}
			var reserved int64
			testdriver.Await(t, "the message", func() bool {
				n, err := s.Poll(func(f aeronc.Fragment) {
					reserved = f.ReservedValue()
					require.Len(t, f.Data(), length)
				}, 1)
				require.NoError(t, err)
				return n == 1
			})
			require.EqualValues(t, length+77, reserved)
		}
		var none aeronc.Claim
		require.ErrorIs(t, none.Commit(), aeronc.ErrClaimResolved)
		require.ErrorIs(t, none.SetReservedValue(1), aeronc.ErrClaimResolved)
	})
}

func TestClose_withClaimsOpenSaysSoAndKeepsTheirMemory(t *testing.T) {
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		p := add("aeron:ipc", 1)
		connect(t, client, p)
		first, err := p.TryClaim(100)
		require.NoError(t, err)
		second, err := p.TryClaim(100)
		require.NoError(t, err)
		err = p.Close()
		require.ErrorIs(t, err, aeronc.ErrClaimsOutstanding)
		require.ErrorContains(t, err, "2 claims")
		require.NoError(t, p.Close())
		copy(first.Data(), "this memory is still mine")
		require.ErrorIs(t, first.Commit(), aeronc.ErrClosed)
		copy(second.Data(), "and so is this")
		require.ErrorIs(t, second.Abort(), aeronc.ErrClosed)
		testdriver.Await(t, "C to let go", func() bool { return aeronc.Live().Publications == 0 })
		require.ErrorIs(t, second.Abort(), aeronc.ErrClaimResolved, "its memory has gone")
	})
}

func TestClientClose_withClaimsOpenLeavesTheirMemoryToTheProcess(t *testing.T) {
	client := testdriver.Start(t).Connect()
	p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	connect(t, client, p)
	claim, err := p.TryClaim(100)
	require.NoError(t, err)
	before := aeronc.Live().AbandonedLogs
	require.NoError(t, client.Close())
	require.Equal(t, before+1, aeronc.Live().AbandonedLogs)
	copy(claim.Data(), "no fault")
	require.ErrorIs(t, claim.Commit(), aeronc.ErrClosed)
	require.ErrorIs(t, claim.Commit(), aeronc.ErrClaimResolved)
	aeronc.ForgetAbandonedLogs()
}

// The driver gives a claim up that nobody resolves, so that one publisher cannot stop the others; the claim then is over for Go too.
func TestClaim_thatTheDriverGaveUpIsOver(t *testing.T) {
	d := testdriver.Start(t, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetClientLivenessTimeout(3*time.Second))
		require.NoError(t, c.SetPublicationUnblockTimeout(3100*time.Millisecond))
	})
	client := d.Connect(func(c *aeronc.Context) { require.NoError(t, c.SetKeepaliveInterval(50*time.Millisecond)) }) // a busy machine leaves it time enough
	p, err := client.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	s := connect(t, client, p)
	claim, err := p.TryClaim(100)
	require.NoError(t, err)
	offer(t, p, []byte("behind it"))
	require.Equal(t, "behind it", string(receive(t, s, 1)[0]))
	// The log comes round to the claim's place, where somebody else's message must not be touched.
	for range 200 {
		offer(t, p, bytes.Repeat([]byte{0xEE}, 1000))
		require.Equal(t, bytes.Repeat([]byte{0xEE}, 1000), receive(t, s, 1)[0])
	}
	require.ErrorIs(t, claim.SetReservedValue(0), aeronc.ErrClaimUnblocked)
	require.ErrorIs(t, claim.Commit(), aeronc.ErrClaimUnblocked)
	require.ErrorIs(t, claim.Commit(), aeronc.ErrClaimResolved)
	require.NoError(t, p.Close(), "no claim is open any more")
}

func TestClaim_manyAtATime(t *testing.T) {
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		p := add("aeron:ipc", 1)
		s := connect(t, client, p)
		var claims []aeronc.Claim
		for i := range 100 {
			claim, err := p.TryClaim(1)
			require.NoError(t, err)
			claim.Data()[0] = byte(i)
			claims = append(claims, claim)
		}
		for i := range claims {
			require.NoError(t, claims[len(claims)-1-i].Commit())
		}
		for _, claim := range claims {
			require.ErrorIs(t, claim.Abort(), aeronc.ErrClaimResolved)
		}
		for i, message := range receive(t, s, len(claims)) {
			require.Equal(t, []byte{byte(i)}, message)
		}
	})
}

// Offers, claims and closes from all sides; run with -race and with AddressSanitizer.
func TestClose_whileOthersSend(t *testing.T) {
	figures.Begin(t)
	closed := 0
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		for round := range 30 {
			p := add("aeron:ipc", int32(round))
			s := connect(t, client, p)
			var senders sync.WaitGroup
			for range 4 {
				senders.Go(func() {
					for {
						_, err := p.Offer([]byte("hello"))
						if errors.Is(err, aeronc.ErrClosed) {
							return
						}
						if claim, err := p.TryClaim(5); err == nil {
							copy(claim.Data(), "claim")
							if err := claim.Commit(); err != nil && !errors.Is(err, aeronc.ErrClosed) {
								t.Error(err)
							}
						}
						p.IsConnected()
						_, _ = p.Position()
						_, _ = s.Poll(func(aeronc.Fragment) {}, 10)
					}
				})
			}
			var closers sync.WaitGroup
			for range 2 {
				closers.Go(func() {
					if err := p.Close(); err != nil && !errors.Is(err, aeronc.ErrClaimsOutstanding) {
						t.Error(err)
					}
				})
			}
			closers.Wait()
			senders.Wait()
			require.NoError(t, s.Close())
			closed++
		}
	})
	figures.Record(t, "publications, closed twice at once under 4 senders each", closed)
}

func TestPublication_doesNotAllocate(t *testing.T) {
	figures.Begin(t)
	if raceEnabled || aeronc.ReferenceBuild {
		t.Log("the race detector allocates, as does a callback from C: nothing to measure")
		return
	}
	const runs = 1000
	counted := 0
	bothKinds(t, func(t *testing.T, client *aeronc.Client, add func(string, int32) sender) {
		p := add("aeron:ipc", 1)
		message := make([]byte, 100)
		require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = p.Offer(message) }), "not connected")
		s := connect(t, client, p)
		handler := func(aeronc.Fragment) {}
		require.Zero(t, testing.AllocsPerRun(runs, func() {
			if _, err := p.Offer(message); err != nil && !errors.Is(err, aeronc.ErrAdminAction) && !errors.Is(err, aeronc.ErrBackPressured) {
				t.Fatal(err)
			}
			if claim, err := p.TryClaim(100); err == nil {
				if err := claim.Commit(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Poll(handler, 10); err != nil {
				t.Fatal(err)
			}
		}))
		counted += runs
	})
	figures.Record(t, "rounds of Offer, TryClaim and Poll, of both kinds of publication", counted)
}

// Go's appends and C's, which take over for fragments and at the end of a term, are writers of one state: nothing is lost or doubled,
// and every frame is where the positions say.
func TestExclusiveOffer_goAndCShareOneState(t *testing.T) {
	figures.Begin(t)
	client := testdriver.Start(t).Connect()
	p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k|mtu=1408", 1)
	require.NoError(t, err)
	s := connect(t, client, p)
	payload := p.Constants().MaxPayloadLength
	random := rand.New(rand.NewPCG(3, 4))
	var sent, got []byte
	var last int64
	const terms = 50
	for rotations := int64(0); rotations < terms; rotations = last >> p.Constants().PositionBitsToShift {
		length := random.IntN(payload)
		if random.IntN(4) == 0 {
			length = payload + random.IntN(3000) // in fragments, through C
		}
		message := bytes.Repeat([]byte{byte(length)}, length)
		var position int64
		if random.IntN(3) == 0 && length <= payload {
			claim, err := p.TryClaim(length)
			if err == nil {
				copy(claim.Data(), message)
				require.NoError(t, claim.Commit())
				sent, position = append(sent, message...), claim.Position()
			}
		} else if position, err = p.Offer(message); err == nil {
			sent = append(sent, message...)
		}
		if position > 0 {
			require.Greater(t, position, last)
			last = position
			now, err := p.Position()
			require.NoError(t, err)
			require.Equal(t, position, now, "what C believes")
		}
		_, err = s.Poll(func(f aeronc.Fragment) {
			got = append(got, f.Data()...)
			require.Equal(t, f.Position(), int64(f.TermID()-p.Constants().InitialTermID)<<p.Constants().PositionBitsToShift+
				int64(f.TermOffset())+int64(len(f.Data())+32+31)&^31)
		}, 10)
		require.NoError(t, err)
	}
	testdriver.Await(t, "the rest", func() bool {
		_, err := s.Poll(func(f aeronc.Fragment) { got = append(got, f.Data()...) }, 100)
		require.NoError(t, err)
		return len(got) >= len(sent)
	})
	require.True(t, bytes.Equal(sent, got))
	figures.Record(t, "terms filled", terms)
	figures.Record(t, "bytes, all equal", len(got))
}
