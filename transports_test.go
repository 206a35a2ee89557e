package aeron_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// Each of Aeron's transports, by name, with a driver of its own and real sockets. docs/FEATURES.md points here.

// subscribe adds a subscription, which must succeed.
func subscribe(t *testing.T, d *aeron.Driver, channel string) *aeron.Subscription {
	t.Helper()
	s, err := d.AddSubscription(testdriver.Context(t), channel, 10)
	require.NoError(t, err)
	return s
}

// publishOn adds an exclusive publication, which must succeed.
func publishOn(t *testing.T, d *aeron.Driver, channel string) *aeron.ExclusivePublication {
	t.Helper()
	p, err := d.AddExclusivePublication(testdriver.Context(t), channel, 10)
	require.NoError(t, err)
	return p
}

// exchange sends messages, one of them in fragments, which every subscription must get.
func exchange(t *testing.T, p aeron.Sender, subs ...*aeron.Subscription) {
	t.Helper()
	ctx := testdriver.Context(t)
	for _, s := range subs {
		require.NoError(t, s.AwaitReady(ctx))
	}
	require.NoError(t, p.AwaitReady(ctx))
	messages := []string{"one", strings.Repeat("fragments ", 500), "three"}
	publish(t, p, messages...)
	for _, s := range subs {
		require.Equal(t, messages, receive(t, s, len(messages)))
	}
}

func address(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", testdriver.Port(t))
}

func TestTransport_ipc(t *testing.T) {
	d := start(t, config(t))
	exchange(t, publishOn(t, d, "aeron:ipc"), subscribe(t, d, "aeron:ipc"), subscribe(t, d, "aeron:ipc"))
}

func TestTransport_udpUnicast(t *testing.T) {
	d, channel := start(t, config(t)), testdriver.UDP(t)
	exchange(t, publishOn(t, d, channel), subscribe(t, d, channel))
}

func TestTransport_multicast(t *testing.T) {
	d := start(t, config(t))
	channel := fmt.Sprintf("aeron:udp?endpoint=224.20.30.39:%d|interface=localhost|ttl=0", testdriver.Port(t))
	other := start(t, config(t))
	exchange(t, publishOn(t, d, channel), subscribe(t, d, channel), subscribe(t, other, channel))
}

// Multi-destination-cast where the publisher names its receivers.
func TestTransport_mdcManual(t *testing.T) {
	ctx := testdriver.Context(t)
	d := start(t, config(t))
	p := publishOn(t, d, "aeron:udp?control-mode=manual")
	one, other := testdriver.UDP(t), testdriver.UDP(t)
	s, u := subscribe(t, d, one), subscribe(t, d, other)
	_, err := p.AddDestination(ctx, one)
	require.NoError(t, err)
	id, err := p.AddDestination(ctx, other)
	require.NoError(t, err)
	exchange(t, p, s, u)
	require.NoError(t, p.RemoveDestinationByID(ctx, id))
	publish(t, p, "for one")
	require.Equal(t, []string{"for one"}, receive(t, s, 1))
	require.NoError(t, p.RemoveDestination(ctx, one))
	testdriver.Await(t, "nobody", func() bool { return !s.IsConnected() && !u.IsConnected() })
}

// Multi-destination-cast where receivers come and go.
func TestTransport_mdcDynamic(t *testing.T) {
	d, control := start(t, config(t)), address(t)
	p := publishOn(t, d, "aeron:udp?control-mode=dynamic|control="+control)
	receiver := "aeron:udp?endpoint=127.0.0.1:%d|control-mode=dynamic|control=" + control
	exchange(t, p, subscribe(t, d, fmt.Sprintf(receiver, testdriver.Port(t))), subscribe(t, start(t, config(t)), fmt.Sprintf(receiver, testdriver.Port(t))))
}

// A multi-destination subscription receives from several endpoints.
func TestTransport_mds(t *testing.T) {
	ctx := testdriver.Context(t)
	d := start(t, config(t))
	s := subscribe(t, d, "aeron:udp?control-mode=manual")
	for i := range 2 {
		channel := testdriver.UDP(t)
		_, err := s.AddDestination(ctx, channel)
		require.NoError(t, err)
		p := publishOn(t, d, channel)
		require.NoError(t, p.AwaitReady(ctx))
		publish(t, p, fmt.Sprint("from ", i))
		require.Equal(t, []string{fmt.Sprint("from ", i)}, receive(t, s, 1))
		require.NoError(t, s.RemoveDestination(ctx, channel))
	}
}

// A spy reads a network publication of its own driver, and may be all the audience that there is.
func TestTransport_spy(t *testing.T) {
	cfg := config(t)
	cfg.SpiesSimulateConnection = true
	d, channel := start(t, cfg), testdriver.UDP(t)
	exchange(t, publishOn(t, d, channel), subscribe(t, d, "aeron-spy:"+channel))
}

// A tag names a channel for others of the same client.
func TestTransport_tagged(t *testing.T) {
	d, channel := start(t, config(t)), testdriver.UDP(t)
	exchange(t, publishOn(t, d, channel), subscribe(t, d, channel+"|tags=1001"), subscribe(t, d, "aeron:udp?tags=1001"))
}

// An untethered subscriber that does not read is left behind, where a tethered one would hold up the stream.
func TestTransport_untethered(t *testing.T) {
	cfg := config(t)
	cfg.Driver = aeron.DriverConfig{
		TimerInterval: 20 * time.Millisecond, UntetheredWindowLimitTimeout: 50 * time.Millisecond, UntetheredRestingTimeout: 50 * time.Millisecond,
	}
	d := start(t, cfg)
	p, reader := publishOn(t, d, "aeron:ipc"), subscribe(t, d, "aeron:ipc")
	idle := subscribe(t, d, "aeron:ipc?tether=false")
	require.NoError(t, idle.AwaitReady(testdriver.Context(t)))
	require.NoError(t, p.AwaitReady(testdriver.Context(t)))
	// Four terms, where half a one is the window.
	for sent := range 4 * 64 {
		publish(t, p, fmt.Sprint(sent, strings.Repeat("x", 1000)))
		require.True(t, strings.HasPrefix(receive(t, reader, 1)[0], fmt.Sprint(sent)))
	}
}

// The system chooses the port, and the driver says which.
func TestTransport_wildcardPort(t *testing.T) {
	d := start(t, config(t))
	s := subscribe(t, d, "aeron:udp?endpoint=127.0.0.1:0")
	channel := ""
	testdriver.Await(t, "the port", func() bool {
		resolved, err := s.ResolvedChannel()
		require.NoError(t, err)
		channel = resolved
		return channel != "" && !strings.Contains(channel, ":0")
	})
	exchange(t, publishOn(t, d, channel), s)
}

func TestTransport_wildcardPortOfARange(t *testing.T) {
	cfg := config(t)
	low := uint16(testdriver.Port(t))
	cfg.Driver.ReceiverWildcardPorts = aeron.PortRange{Low: low, High: low}
	d := start(t, cfg)
	s := subscribe(t, d, "aeron:udp?endpoint=127.0.0.1:0")
	exchange(t, publishOn(t, d, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d", low)), s)
}

func TestTransport_ipv6(t *testing.T) {
	c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil && os.Getenv("CI") == "" { // .ci/run is to hold what docs/FEATURES.md says
		t.Skipf("this machine has no IPv6: %v", err)
	}
	require.NoError(t, err)
	channel := "aeron:udp?endpoint=" + c.LocalAddr().String()
	require.NoError(t, c.Close())
	d := start(t, config(t))
	exchange(t, publishOn(t, d, channel), subscribe(t, d, channel))
}

// A response channel: each requester is answered on a stream of its own, which the responder finds by the request's image.
func TestTransport_response(t *testing.T) {
	ctx := testdriver.Context(t)
	d, requests, control := start(t, config(t)), testdriver.UDP(t), address(t)
	server := subscribe(t, d, requests)
	const streamID = 11
	answers, err := d.AddSubscription(ctx, "aeron:udp?control-mode=response|control="+control, streamID)
	require.NoError(t, err)
	ask := publishOn(t, d, fmt.Sprintf("%s|response-correlation-id=%d", requests, answers.RegistrationID()))
	require.NoError(t, ask.AwaitReady(ctx))
	publish(t, ask, "question")
	require.Equal(t, []string{"question"}, receive(t, server, 1))
	images := server.Images()
	require.Len(t, images, 1)
	answer, err := d.AddExclusivePublication(ctx,
		fmt.Sprintf("aeron:udp?control-mode=response|control=%s|response-correlation-id=%d", control, images[0].Constants().CorrelationID), streamID)
	require.NoError(t, err)
	require.NoError(t, answer.AwaitReady(ctx))
	publish(t, answer, "answer")
	require.Equal(t, []string{"answer"}, receive(t, answers, 1))
}

// What is lost on the way is asked for again.
func TestIncomingLoss_isMadeGood(t *testing.T) {
	cfg := config(t)
	cfg.Driver.IncomingLoss = "loss:rate=0.2|seed=7|recv-msg-mask=0x2"
	d := start(t, cfg)
	require.Contains(t, d.ContextInfo(), "driver.udp_channel_incoming_interceptors=loss:rate=0.2|seed=7|recv-msg-mask=0x2\n")
	requireMadeGood(t, d)
}

// What is lost at both ends and both ways as well.
func TestDebugLoss_ofADriver(t *testing.T) {
	cfg := config(t)
	cfg.Driver.SendLoss, cfg.Driver.ReceiveLoss = "data-rate=0.2|data-seed=7|control-rate=0.1|control-seed=8", "data-rate=0.2|data-seed=9"
	d := start(t, cfg)
	require.Contains(t, d.ContextInfo(), "driver.send_channel_loss_supplier=data-rate=0.2|data-seed=7|control-rate=0.1|control-seed=8\n")
	require.Contains(t, d.ContextInfo(), "driver.receive_channel_loss_supplier=data-rate=0.2|data-seed=9\n")
	requireMadeGood(t, d)
}

// requireMadeGood sends over UDP to itself.
func requireMadeGood(t *testing.T, d *aeron.Driver) {
	t.Helper()
	channel := testdriver.UDP(t)
	s, p := subscribe(t, d, channel), publishOn(t, d, channel)
	require.NoError(t, p.AwaitReady(testdriver.Context(t)))
	var sent, received []string
	for i := range 200 {
		sent = append(sent, fmt.Sprint("message ", i, strings.Repeat(".", 1000)))
		publish(t, p, sent[i])
		received = append(received, receive(t, s, 1)...)
	}
	require.Equal(t, sent, received)
}
