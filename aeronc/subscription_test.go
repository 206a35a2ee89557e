package aeronc_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// stream is a publication and a subscription of one IPC stream that see each other.
func stream(t *testing.T) (*aeronc.Client, *aeronc.ExclusivePublication, *aeronc.Subscription) {
	t.Helper()
	client := testdriver.Start(t).Connect()
	p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	return client, p, connect(t, client, p)
}

func TestPoll_refusesWhatMakesNoSense(t *testing.T) {
	_, p, s := stream(t)
	offer(t, p, []byte("x"))
	_, err := s.Poll(nil, 1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	_, err = s.PollControlled(nil, 1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	_, err = s.Poll(func(aeronc.Fragment) {}, -1)
	require.ErrorIs(t, err, aeronc.ErrInvalidArgument)
	n, err := s.Poll(func(aeronc.Fragment) {}, 0)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = s.Poll(func(aeronc.Fragment) {}, 1<<62)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestPoll_givesHeadersAndPositions(t *testing.T) {
	_, p, s := stream(t)
	offer(t, p, []byte("hello"))
	n, err := s.Poll(func(f aeronc.Fragment) {
		require.Equal(t, p.Constants().SessionID, f.SessionID())
		require.Equal(t, p.Constants().StreamID, f.StreamID())
		require.Equal(t, p.Constants().InitialTermID, f.TermID())
		require.Zero(t, f.TermOffset())
		require.EqualValues(t, aeronc.FlagUnfragmented, f.Flags())
		require.EqualValues(t, 64, f.Position())
		require.Zero(t, f.ReservedValue())
		require.Same(t, s.Images()[0], f.Image())
		require.Len(t, f.Data(), cap(f.Data()), "an append must not reach the next frame")
	}, 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	image := s.ImageBySessionID(p.Constants().SessionID)
	require.NotNil(t, image)
	require.EqualValues(t, 64, image.Position())
	require.Same(t, s, image.Subscription())
	c := image.Constants()
	require.Equal(t, "aeron:ipc", c.Source)
	require.Equal(t, 64<<10, c.TermBufferLength)
	require.Equal(t, p.Constants().InitialTermID, c.InitialTermID)
	require.False(t, image.IsEndOfStream())
	require.False(t, image.IsPublicationRevoked())
	require.Nil(t, s.ImageBySessionID(p.Constants().SessionID+1))
	var none aeronc.Fragment
	require.Zero(t, none.SessionID())
	require.Zero(t, none.TermID())
	require.Zero(t, none.ReservedValue())
}

func TestPollControlled_actions(t *testing.T) {
	_, p, s := stream(t)
	for i := range 5 {
		offer(t, p, []byte{byte(i)})
	}
	image := s.Images()[0]
	poll := func(action aeronc.Action) (n int, seen []byte, during int64) {
		n, err := s.PollControlled(func(f aeronc.Fragment) aeronc.Action {
			seen = append(seen, f.Data()[0])
			if len(seen) == 2 {
				during = image.Position()
				return aeronc.Break
			}
			return action
		}, 10)
		require.NoError(t, err)
		return n, seen, during
	}
	n, seen, _ := poll(aeronc.Abort)
	require.Zero(t, n)
	require.Equal(t, []byte{0}, seen)
	n, seen, _ = poll(aeronc.Action(0))
	require.Zero(t, n, "no action is Abort")
	require.Equal(t, []byte{0}, seen)
	require.Zero(t, image.Position())
	n, seen, during := poll(aeronc.Commit)
	require.Equal(t, 2, n)
	require.Equal(t, []byte{0, 1}, seen)
	require.EqualValues(t, 64, during, "Commit stores at once")
	require.EqualValues(t, 128, image.Position())
	n, seen, during = poll(aeronc.Continue)
	require.Equal(t, 2, n)
	require.Equal(t, []byte{2, 3}, seen)
	if aeronc.ReferenceBuild {
		require.EqualValues(t, 192, during, "C's polls are of one fragment each")
	} else {
		require.EqualValues(t, 128, during, "Continue stores at the end")
	}
	n, seen, _ = poll(aeronc.Break)
	require.Equal(t, 1, n)
	require.Equal(t, []byte{4}, seen)
	require.EqualValues(t, 320, image.Position())
}

func TestPollControlled_breakAndAbortEndThePollOfAllImages(t *testing.T) {
	client, first, s := stream(t)
	second, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	testdriver.Await(t, "two images", func() bool { return s.ImageCount() == 2 })
	for range 3 {
		offer(t, first, []byte("x"))
		offer(t, second, []byte("x"))
	}
	for want, action := range []aeronc.Action{aeronc.Abort, aeronc.Break} {
		seen := 0
		n, err := s.PollControlled(func(aeronc.Fragment) aeronc.Action { seen++; return action }, 10)
		require.NoError(t, err)
		require.Equal(t, 1, seen)
		require.Equal(t, want, n)
	}
	receive(t, s, 5)
}

func TestPoll_aPanicConsumesWhatCameBefore(t *testing.T) {
	_, p, s := stream(t)
	for i := range 3 {
		offer(t, p, []byte{byte(i)})
	}
	require.PanicsWithValue(t, "second", func() {
		_, _ = s.Poll(func(f aeronc.Fragment) {
			if f.Data()[0] == 1 {
				panic("second")
			}
		}, 10)
	})
	require.EqualValues(t, 64, s.Images()[0].Position())
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_, _ = s.Poll(func(aeronc.Fragment) { runtime.Goexit() }, 10)
	}()
	<-exited
	require.EqualValues(t, 64, s.Images()[0].Position())
	require.Equal(t, [][]byte{{1}, {2}}, receive(t, s, 2))
	s.Reference(true)
	require.PanicsWithValue(t, "in C", func() {
		offer(t, p, []byte("x"))
		testdriver.Await(t, "the fragment", func() bool {
			_, err := s.Poll(func(aeronc.Fragment) { panic("in C") }, 10)
			require.NoError(t, err)
			return false
		})
	})
	require.Equal(t, [][]byte{[]byte("x")}, receive(t, s, 1))
}

func TestPoll_insideAHandler(t *testing.T) {
	client, p, s := stream(t)
	offer(t, p, []byte("x"))
	n, err := s.Poll(func(aeronc.Fragment) {
		require.True(t, aeronc.InHandler())
		_, err := s.Poll(func(aeronc.Fragment) {}, 1)
		require.ErrorIs(t, err, aeronc.ErrBusy)
		require.True(t, s.IsConnected(), "answered without waiting")
		require.Equal(t, 1, s.ImageCount())
		_, err = p.Offer([]byte("offers are fine"))
		require.NoError(t, err)
		_, err = client.AddPublication(testdriver.Context(t), "aeron:ipc", 2)
		require.NoError(t, err)
	}, 1)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.False(t, aeronc.InHandler())
}

func TestClose_insideAHandler(t *testing.T) {
	for name, shut := range map[string]func(*aeronc.Client, *aeronc.Subscription) error{
		"subscription": func(_ *aeronc.Client, s *aeronc.Subscription) error { return s.Close() },
		"client":       func(c *aeronc.Client, _ *aeronc.Subscription) error { return c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			client, p, s := stream(t)
			offer(t, p, []byte("1"))
			offer(t, p, []byte("2"))
			n, err := s.Poll(func(f aeronc.Fragment) {
				require.NoError(t, shut(client, s))
				require.Equal(t, "1", string(f.Data()), "its memory must still be there")
				_, err := s.Poll(func(aeronc.Fragment) {}, 1)
				require.ErrorIs(t, err, aeronc.ErrClosed)
			}, 1)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			require.NoError(t, s.Close(), "waits for what the handler began")
			require.Zero(t, aeronc.Live().Images)
		})
	}
}

func TestClose_endsAPollBehindTheFragmentItIsAt(t *testing.T) {
	_, p, s := stream(t)
	for range 10 {
		offer(t, p, []byte("x"))
	}
	seen := 0
	n, err := s.Poll(func(aeronc.Fragment) {
		seen++
		require.NoError(t, s.Close())
	}, 10)
	require.ErrorIs(t, err, aeronc.ErrClosed)
	require.Equal(t, 1, n)
	require.Equal(t, 1, seen)
}

// Polls, questions and closes from all sides, while images come and go; run with -race and with AddressSanitizer.
func TestClose_whileOthersPoll(t *testing.T) {
	figures.Begin(t)
	client := testdriver.Start(t).Connect()
	ctx := testdriver.Context(t)
	const rounds = 40
	for round := range rounds {
		s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		p, err := client.AddExclusivePublication(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		var pollers sync.WaitGroup
		for range 4 {
			pollers.Go(func() {
				for {
					_, err := s.Poll(func(f aeronc.Fragment) { _ = f.Data() }, 10)
					for _, image := range s.Images() {
						image.Position()
						image.IsEndOfStream()
						image.IsClosed()
					}
					s.IsConnected()
					s.ChannelStatus()
					if errors.Is(err, aeronc.ErrClosed) {
						return
					}
				}
			})
		}
		for range 20 {
			if _, err := p.Offer([]byte("hello")); err != nil {
				require.NotErrorIs(t, err, aeronc.ErrClosed)
			}
		}
		if round%2 == 0 {
			require.NoError(t, p.Close())
			require.NoError(t, s.Close())
		} else {
			require.NoError(t, s.Close())
			require.NoError(t, p.Close())
		}
		pollers.Wait()
	}
	figures.Record(t, "subscriptions, closed under 4 pollers each", rounds)
}

func TestImage_staysReadableWhenItIsGone(t *testing.T) {
	_, p, s := stream(t)
	offer(t, p, []byte("all there is"))
	receive(t, s, 1)
	image := s.Images()[0]
	require.NoError(t, p.Close())
	testdriver.Await(t, "the end of the stream", func() bool {
		_, err := s.Poll(func(aeronc.Fragment) {}, 1)
		require.NoError(t, err)
		return image.IsClosed()
	})
	testdriver.Await(t, "no images", func() bool { return s.ImageCount() == 0 })
	require.True(t, image.IsEndOfStream())
	require.EqualValues(t, 64, image.Position())
	require.False(t, s.IsConnected())
	require.Zero(t, image.ActiveTransportCount())
	require.Zero(t, aeronc.Live().Images)
}

// C frees an image's memory only when its list has been looked at again: mappings must not pile up with nobody polling.
func TestImages_comeAndGoWithoutAPoll(t *testing.T) {
	client := testdriver.Start(t).Connect()
	ctx := testdriver.Context(t)
	s, err := client.AddSubscription(ctx, "aeron:ipc", 1)
	require.NoError(t, err)
	for range 10 {
		p, err := client.AddExclusivePublication(ctx, "aeron:ipc", 1)
		require.NoError(t, err)
		testdriver.Await(t, "an image", s.IsConnected)
		require.NoError(t, p.Close())
		testdriver.Await(t, "no image", func() bool { return s.ImageCount() == 0 })
	}
	require.Zero(t, aeronc.Live().Images)
}

func TestPoll_takesImagesInTurn(t *testing.T) {
	client, first, s := stream(t)
	second, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	testdriver.Await(t, "two images", func() bool { return s.ImageCount() == 2 })
	for range 10 {
		offer(t, first, []byte("x"))
		offer(t, second, []byte("x"))
	}
	var sessions []int32
	for range 4 {
		n, err := s.Poll(func(f aeronc.Fragment) { sessions = append(sessions, f.SessionID()) }, 1)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
	require.NotEqual(t, sessions[0], sessions[1])
	require.Equal(t, sessions[:2], sessions[2:])
}

// Go's walk of the log and C's own poll see the same stream, in whatever order they take turns.
func TestPoll_seesWhatCsPollSees(t *testing.T) {
	figures.Begin(t)
	client := testdriver.Start(t).Connect()
	p, err := client.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k|mtu=1408", 1)
	require.NoError(t, err)
	s := connect(t, client, p)
	random := rand.New(rand.NewPCG(1, 2))
	var sent, got bytes.Buffer
	var polls [2]int
	for sent.Len() < 2<<20 {
		message := make([]byte, random.IntN(4000))
		for i := range message {
			message[i] = byte(random.Uint32())
		}
		switch _, err := p.Offer(message); {
		case err == nil:
			sent.Write(message)
		case !errors.Is(err, aeronc.ErrBackPressured) && !errors.Is(err, aeronc.ErrAdminAction):
			t.Fatal(err)
		}
		if random.IntN(8) == 0 {
			if claim, err := p.TryClaim(random.IntN(500)); err == nil {
				require.NoError(t, claim.Abort())
			}
		}
		limit := random.IntN(5)
		which := random.IntN(2)
		polls[which]++
		s.Reference(which == 1)
		_, err = s.Poll(func(f aeronc.Fragment) { got.Write(f.Data()) }, limit)
		require.NoError(t, err)
	}
	testdriver.Await(t, "the rest", func() bool {
		_, err := s.Poll(func(f aeronc.Fragment) { got.Write(f.Data()) }, 100)
		require.NoError(t, err)
		return got.Len() >= sent.Len()
	})
	require.True(t, bytes.Equal(sent.Bytes(), got.Bytes()))
	require.Positive(t, polls[0])
	require.Positive(t, polls[1])
	figures.Record(t, "polls in Go, in C", fmt.Sprintf("%d, %d", polls[0], polls[1]))
	figures.Record(t, "bytes, all equal", got.Len())
}

// mapLog maps a log file for writing.
func mapLog(t *testing.T, path string) []byte {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	var info unix.Stat_t
	require.NoError(t, unix.Fstat(fd, &info))
	log, err := unix.Mmap(fd, 0, int(info.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(log)) })
	return log
}
