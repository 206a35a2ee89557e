package cgo_test

import (
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
)

// settings is a driver context that no driver is made of.
func settings(t *testing.T) *cgo.DriverContext {
	t.Helper()
	c, err := cgo.DriverContextInit(false)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cgo.DriverContextClose(c)) })
	return c
}

func TestSuppliers_byName(t *testing.T) {
	c := settings(t)
	for _, test := range []struct {
		what, def, name string
		set             func(*cgo.DriverContext, string) error
		get             func(*cgo.DriverContext) string
	}{
		{"unicast flow control", "unicast_max", "multicast_max", cgo.DriverContextSetUnicastFlowControl, cgo.DriverContextUnicastFlowControl},
		{"multicast flow control", "multicast_max", "multicast_min", cgo.DriverContextSetMulticastFlowControl, cgo.DriverContextMulticastFlowControl},
		{"multicast flow control", "multicast_min", "multicast_tagged", cgo.DriverContextSetMulticastFlowControl, cgo.DriverContextMulticastFlowControl},
		{"congestion control", "default", "cubic", cgo.DriverContextSetCongestionControl, cgo.DriverContextCongestionControl},
		{"congestion control", "cubic", "static", cgo.DriverContextSetCongestionControl, cgo.DriverContextCongestionControl},
		{"name resolver", "default", "csv_table", cgo.DriverContextSetNameResolver, cgo.DriverContextNameResolver},
		{"name resolver", "csv_table", "driver", cgo.DriverContextSetNameResolver, cgo.DriverContextNameResolver},
	} {
		t.Run(test.what+" "+test.name, func(t *testing.T) {
			require.Equal(t, test.def, test.get(c))
			require.NoError(t, test.set(c, test.name))
			require.Equal(t, test.name, test.get(c))
			var failed *cgo.Error
			require.ErrorAs(t, test.set(c, "no such one"), &failed)
			require.Equal(t, "set "+test.what, failed.Op)
			require.NotEmpty(t, failed.Text)
			require.ErrorAs(t, test.set(c, test.def+"\x00"), &failed, "C would read the name before the NUL")
			require.EqualValues(t, syscall.EINVAL, failed.Code)
			require.Equal(t, test.name, test.get(c), "what is refused changes nothing")
			require.NoError(t, test.set(c, test.name), "and no error is left behind")
		})
	}
}

// Both ranges travel in one word of C's.
func TestWildcardPorts_lowAndHighAreNotMixedUp(t *testing.T) {
	c := settings(t)
	ports := func() (all [4]uint16) {
		all[0], all[1] = cgo.DriverContextSenderWildcardPorts(c)
		all[2], all[3] = cgo.DriverContextReceiverWildcardPorts(c)
		return all
	}
	require.Zero(t, ports())
	require.NoError(t, cgo.DriverContextSetSenderWildcardPorts(c, 40000, 65535))
	require.Equal(t, [4]uint16{40000, 65535, 0, 0}, ports())
	require.NoError(t, cgo.DriverContextSetReceiverWildcardPorts(c, 1, 32768))
	require.Equal(t, [4]uint16{40000, 65535, 1, 32768}, ports())
	require.NoError(t, cgo.DriverContextSetSenderWildcardPorts(c, 0, 0))
	require.Equal(t, [4]uint16{0, 0, 1, 32768}, ports())
}

func TestReceiverGroupTag_noneIsNotATagOfZero(t *testing.T) {
	c := settings(t)
	_, present := cgo.DriverContextReceiverGroupTag(c)
	require.False(t, present)
	for _, tag := range []int64{0, -1, math.MaxInt64, math.MinInt64} {
		require.NoError(t, cgo.DriverContextSetReceiverGroupTag(c, true, tag))
		got, present := cgo.DriverContextReceiverGroupTag(c)
		require.True(t, present)
		require.Equal(t, tag, got)
	}
	require.NoError(t, cgo.DriverContextSetReceiverGroupTag(c, false, 0))
	_, present = cgo.DriverContextReceiverGroupTag(c)
	require.False(t, present)
}

func TestIncomingLoss_isReplacedRefusedAndTakenAway(t *testing.T) {
	c := settings(t)
	for _, test := range []struct{ name, args, wrong string }{
		{"loss", "rate=0|seed=7|recv-msg-mask=0xF", "rate=often"},
		{"fixed-loss", "term-id=0|term-offset=0|length=0", "length=long"},
		{"multi-gap-loss", "term-id=0|gap-radix=1024|gap-length=64|total-gaps=0", "gap-radix=wide"},
	} {
		require.NoError(t, cgo.DriverContextSetIncomingLoss(c, test.name, test.args))
		require.Equal(t, test.name, cgo.DriverContextIncomingLoss(c), "in the place of the one before")
		require.ErrorContains(t, cgo.DriverContextSetIncomingLoss(c, test.name, test.wrong), "set incoming loss")
		require.Equal(t, test.name, cgo.DriverContextIncomingLoss(c), "what is refused changes nothing")
	}
	require.Error(t, cgo.DriverContextSetIncomingLoss(c, "no-such-loss", ""))
	require.ErrorContains(t, cgo.DriverContextSetIncomingLoss(c, "loss\x00", "rate=1"), "NUL byte at 4")
	require.ErrorContains(t, cgo.DriverContextSetIncomingLoss(c, "loss", "rate\x00=1"), "NUL byte at 4")
	require.Equal(t, "multi-gap-loss", cgo.DriverContextIncomingLoss(c))

	require.NoError(t, cgo.DriverContextGuardFrames(c))
	require.Equal(t, "multi-gap-loss", cgo.DriverContextIncomingLoss(c), "found behind the guard")
	require.Zero(t, cgo.DriverContextRejectedFrames(c))

	plain := settings(t)
	require.NoError(t, cgo.DriverContextSetIncomingLoss(plain, "loss", "rate=0"))
	require.NoError(t, cgo.DriverContextSetIncomingLoss(plain, "", ""))
	require.Empty(t, cgo.DriverContextIncomingLoss(plain))
	require.NoError(t, cgo.DriverContextSetIncomingLoss(plain, "", ""), "there is none to take away")
}

func TestDebugLoss_ofEachSideIsItsOwn(t *testing.T) {
	t.Setenv("AERON_DEBUG_SEND_DATA_LOSS_RATE", "1")
	c := settings(t)
	require.Zero(t, cgo.DriverContextDebugLoss(c, false))
	send := cgo.DebugLoss{DataRate: 0.25, DataSeed: 1, ControlRate: 0.5, ControlSeed: -1}
	receive := cgo.DebugLoss{DataRate: 0.125, DataSeed: 2, ControlRate: 1, ControlSeed: 3}
	require.NoError(t, cgo.DriverContextSetDebugLoss(c, true, receive))
	require.Equal(t, cgo.DebugLoss{DataSeed: -1, ControlSeed: -1}, cgo.DriverContextDebugLoss(c, false), "nothing, and nothing from the environment")
	require.NoError(t, cgo.DriverContextSetDebugLoss(c, false, send))
	require.Equal(t, send, cgo.DriverContextDebugLoss(c, false))
	require.Equal(t, receive, cgo.DriverContextDebugLoss(c, true))
}

func TestTerminationValidator_policies(t *testing.T) {
	c := settings(t)
	require.Equal(t, cgo.TerminationUpstream, cgo.DriverContextTerminationPolicy(c))
	for _, test := range []struct {
		allow bool
		token string
		want  int
	}{
		{false, "", cgo.TerminationDenied},
		{true, "", cgo.TerminationAllowed},
		{true, "secret", cgo.TerminationByToken},
		{false, "secret", cgo.TerminationDenied}, // who denies does not give a token a meaning
		{true, strings.Repeat("x", 1024), cgo.TerminationByToken},
		{true, "\x00", cgo.TerminationByToken},
	} {
		require.NoError(t, cgo.DriverContextSetTerminationValidator(c, test.allow, []byte(test.token)))
		require.Equal(t, test.want, cgo.DriverContextTerminationPolicy(c), "%v %q", test.allow, test.token)
	}
	err := cgo.DriverContextSetTerminationValidator(c, true, make([]byte, 1025))
	require.ErrorContains(t, err, "the token has 1025 bytes, where up to 1024 are taken")
	require.Equal(t, cgo.TerminationByToken, cgo.DriverContextTerminationPolicy(c))
}

// The request of another process, as the driver's conductor finds it in its ring.
func TestTermination_onlyByTheWholeToken(t *testing.T) {
	q, fd, err := cgo.NewEvents()
	require.NoError(t, err)
	file := os.NewFile(uintptr(fd), "events")
	tag := cgo.NewTag(t)
	l := cgo.NewListener(q, tag)
	t.Cleanup(func() { // when the driver is closed
		require.NoError(t, file.Close())
		l.Free()
		tag.Free()
		q.Destroy()
	})
	r := begin(t, func(c *cgo.DriverContext) {
		require.NoError(t, cgo.DriverContextSetTerminationValidator(c, true, []byte("secret")))
		require.NoError(t, cgo.DriverContextSetTerminationHook(c, l))
	})
	for _, token := range []string{"", "secre", "secret1", "Secret", "secret\x00"} {
		require.NoError(t, cgo.RequestDriverTermination(r.dir, []byte(token)))
		// The ring is in order: when the driver has answered this, it has read the request.
		r.subscription(ipc, 7)
		_, asked := q.Take()
		require.False(t, asked, "%q", token)
	}
	require.NoError(t, cgo.RequestDriverTermination(r.dir, []byte("secret")))
	r.await("the request", func() bool {
		e, asked := q.Take()
		if asked {
			require.Equal(t, cgo.EventTerminationRequested, e.Kind)
			require.Equal(t, tag, e.Tag)
		}
		return asked
	})
	require.ErrorContains(t, cgo.RequestDriverTermination("a\x00b", nil), "NUL byte at 1")
}
