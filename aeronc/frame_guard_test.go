package aeronc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/freeport"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/stats"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// Frames as they are on the wire; see aeron_udp_protocol.h.
const (
	typeData  = 1
	typeNAK   = 2
	typeSM    = 3
	typeSetup = 5
	typeRES   = 7

	hostileSession = 4711
	hostileStream  = 1001
	hostileTerm    = 100 // the initial term id of the hostile stream
	termLength     = 64 << 10

	retransmitDelay = 50 * time.Millisecond
)

type frame []byte

func newFrame(kind uint16, length int, fields ...int32) frame {
	f := make(frame, length)
	binary.LittleEndian.PutUint32(f, uint32(length))
	binary.LittleEndian.PutUint16(f[6:], kind)
	for i, field := range fields {
		binary.LittleEndian.PutUint32(f[8+4*i:], uint32(field))
	}
	return f
}

func (f frame) set(offset int, value int32) frame {
	binary.LittleEndian.PutUint32(f[offset:], uint32(value))
	return f
}

func setup(active int32) frame {
	return newFrame(typeSetup, 40, 0, hostileSession, hostileStream, hostileTerm, active, termLength, 1408, 0)
}

// data is a frame of so many bytes, its header included.
func data(offset int32, length int) frame {
	f := newFrame(typeData, length, offset, hostileSession, hostileStream, hostileTerm)
	f[5] = 0xC0 // begin and end
	return f
}

func heartbeat(offset int32) frame { return data(offset, 32).set(0, 0) }

// A header that leads whoever follows it two gigabytes back.
func (f frame) withTrapAt(offset int) frame { return f.set(offset, 0x7fffffff) }

// An attack is what a stranger sends, and to whom. The child's stream runs beside it.
type attack struct {
	// plain is what becomes of a process without the guard: "killed" by a signal, "harmed" when the damage is one that it can see,
	// "unharmed" when C itself refuses what is sent.
	plain string
	// chance: what lies in memory there decides; without the guard the process may also get away with it.
	chance bool
	// unreliable makes the victim's subscription so; resolver gives its driver a name resolver.
	unreliable, resolver bool
	// slow makes the victim's driver wait, for retransmitDelay, before it does what a NAK asks for.
	slow bool
	// silent: none of what is sent may reach the subscriber.
	silent bool
	// late: an honest peer may send it too, so that the guard drops it and does not count it.
	late bool
	// send sends to the victim.
	send func(v *victim)
}

var attacks = map[string]attack{
	// The position is negative, and C's poll takes the buffer before the first one.
	"SetupBeforeTheBeginning": {plain: "killed", send: func(v *victim) { v.receive(setup(hostileTerm - 1)) }},
	// Written at the term's begin + 655 MB by 1.52.
	"DataOutsideTheTerm": {plain: "unharmed", silent: true, send: func(v *victim) {
		v.receive(setup(hostileTerm), data(10000*termLength, 96), data(termLength, 96), data(-32, 96))
	}},
	// A message of 1,073,741,791 bytes in a datagram of 96 in 1.52.
	"LyingLength": {plain: "unharmed", silent: true, send: func(v *victim) {
		v.receive(setup(hostileTerm), data(0, 96).set(0, 1<<30), data(0, 96).set(0, 128), data(0, 96).set(0, 31), data(0, 96).set(0, -1))
	}},
	// The driver's loss detector follows the second frame into the payload of the first.
	"OverlappingFrames": {plain: "killed", send: func(v *victim) {
		v.receive(setup(hostileTerm), data(1024, 1024).withTrapAt(512), data(0, 1536), heartbeat(8192))
	}},
	// The same by padding, which stands for more than is sent of it.
	"OverlappingPadding": {plain: "killed", send: func(v *victim) {
		padding := data(0, 32).set(0, 1536)
		padding[6] = 0
		v.receive(setup(hostileTerm), data(1024, 1024).withTrapAt(512), padding, heartbeat(8192))
	}},
	// The driver pads the gap before the heartbeat; the frame then lies across the padding's end.
	"FrameAcrossAFilledGap": {plain: "killed", unreliable: true, send: func(v *victim) {
		v.receive(setup(hostileTerm), heartbeat(1536))
		v.until(v.gapsAreFilled(1))
		v.receive(data(1024, 1024).withTrapAt(512), heartbeat(8192))
	}},
	// Two gaps are padded while the subscriber is busy elsewhere; the frame then lies across the end of the first.
	"FrameAcrossTwoFilledGaps": {plain: "killed", unreliable: true, late: true, send: func(v *victim) {
		v.busy = true
		v.receive(setup(hostileTerm), heartbeat(256))
		v.until(v.gapsAreFilled(1))
		v.receive(heartbeat(512))
		v.until(v.gapsAreFilled(2))
		v.receive(data(192, 160).set(64, 1<<30).set(68, typeData<<16))
		v.digest()
		v.busy = false
	}},
	// The second frame is of another stream: delivered as this one's.
	"ChainOfTwoStreams": {plain: "harmed", silent: true, send: func(v *victim) {
		chain := append(data(0, 64), data(64, 64).set(16, hostileStream+1)...)
		v.receive(setup(hostileTerm), chain)
	}},
	// The place lies before the first term: C takes the buffer before the first one.
	"NAKBeforeTheBeginning": {plain: "killed", chance: true, send: func(v *victim) {
		v.control(newFrame(typeNAK, 28, v.session, v.stream, v.initialTerm-1, termLength-64, 64))
	}},
	// The place lies inside a frame, whose payload C takes for a header.
	"NAKInsideAFrame": {plain: "killed", send: func(v *victim) {
		v.control(newFrame(typeNAK, 28, v.session, v.stream, v.initialTerm, 512, 64))
	}},
	// Behind padding C goes on for longer than it was asked to: here padding that is payload, and what follows it.
	"NAKForPaddingInsideAFrame": {plain: "killed", send: func(v *victim) {
		at := v.next()
		padding := newFrame(0, 64, at+64, v.session, v.stream, v.initialTerm)
		v.inside = append(padding, newFrame(0, 32).set(0, 0x7fffffe0)...)
		v.sendOne()
		v.control(newFrame(typeNAK, 28, v.session, v.stream, v.initialTerm, at+64, 32))
	}},
	// The place is not sent yet, and lies inside a frame when C comes to it.
	"NAKForTheFuture": {plain: "killed", slow: true, send: func(v *victim) {
		v.control(newFrame(typeNAK, 28, v.session, v.stream, v.initialTerm, v.next()+512, 64))
		v.sendOne()
		// Without a message more: the place must not have become an old one when the driver comes to it.
		wait := idle.Backoff()
		for end := time.Now().Add(40 * retransmitDelay); !v.isRejected() && time.Now().Before(end); {
			wait.Idle(0)
		}
	}},
	"StatusMessageBeforeTheBeginning": {plain: "unharmed", send: func(v *victim) {
		v.control(newFrame(typeSM, 36, v.session, v.stream, v.initialTerm-1, termLength-64, 4096))
	}},
	// A name of -1 bytes.
	"NameOfNegativeLength": {plain: "killed", resolver: true, send: func(v *victim) {
		f := newFrame(typeRES, 24)
		f[8] = 1
		binary.LittleEndian.PutUint16(f[20:], 0xffff)
		v.resolve(f)
	}},
	// The second entry ends beyond the datagram, and C goes on from there, in what an earlier datagram has left in the buffer.
	"NameBeyondTheDatagram": {plain: "unharmed", resolver: true, send: func(v *victim) {
		f := newFrame(typeRES, 8+24+24)
		f[8], f[32] = 1, 1
		binary.LittleEndian.PutUint16(f[20:], 5)
		binary.LittleEndian.PutUint16(f[44:], 30)
		v.resolve(f)
	}},
}

// Each attack in a process of its own, without the guard and with it.
func TestFrameGuard(t *testing.T) {
	figures.Begin(t)
	fates := map[string]int{}
	for name, a := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Run("off", func(t *testing.T) {
				outcome, _ := runVictim(t, name, "off")
				fates[outcome]++
				if a.chance && outcome == "unharmed" {
					return
				}
				require.Equal(t, a.plain, outcome)
			})
			t.Run("on", func(t *testing.T) {
				outcome, rejected := runVictim(t, name, "on")
				require.Equal(t, "unharmed", outcome)
				require.Equal(t, a.late, rejected == 0, "%d rejected", rejected)
			})
		})
	}
	figures.Record(t, "attacks that kill or harm without the guard, of", fmt.Sprint(fates["killed"]+fates["harmed"], ", ", len(attacks)))
}

const (
	victimAttack = "AERONTEST_VICTIM_ATTACK"
	victimGuard  = "AERONTEST_VICTIM_GUARD"
	victimDir    = "AERONTEST_VICTIM_DIR"
)

// runVictim attacks a child process and says what became of it, and how many datagrams were rejected.
func runVictim(t *testing.T, name, guard string) (outcome string, rejected int) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*testdriver.Patience)
	defer cancel()
	child := exec.CommandContext(ctx, "/proc/self/exe")
	child.Env = append(os.Environ(), victimAttack+"="+name, victimGuard+"="+guard, victimDir+"="+testdriver.Dir(t), "GOTRACEBACK=none",
		"AERON_NAME_RESOLVER_SUPPLIER=driver")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	err := child.Run()
	require.NoError(t, ctx.Err(), "the child hangs:\n%s", &out)
	var exit *exec.ExitError
	switch {
	case err == nil:
		_, scanErr := fmt.Sscanf(out.String(), "%s %d", &outcome, &rejected)
		require.NoError(t, scanErr, &out)
		return outcome, rejected
	case errors.As(err, &exit) && (exit.Sys().(syscall.WaitStatus).Signaled() || strings.Contains(out.String(), "SIGSEGV") ||
		strings.Contains(out.String(), "SIGBUS") || strings.Contains(out.String(), "SIGABRT") || strings.Contains(out.String(), "AddressSanitizer")):
		return "killed", 0
	}
	return fmt.Sprintf("%v\n%s", err, &out), 0
}

// A victim is a child process with a driver, a stream over UDP that is sent and received, and a subscription that strangers reach.
type victim struct {
	client        *aeronc.Client
	driver        *aeronc.Driver
	pub           *aeronc.ExclusivePublication
	sub           *aeronc.Subscription // of the stream that the victim sends to itself
	open          *aeronc.Subscription // of the hostile stream
	received      uint32
	delivered     int // of the hostile stream
	harmed        bool
	busy          bool  // the hostile stream is not polled
	inside        frame // what the messages of the victim's stream hold, if anything
	controlPort   int
	openPort      int
	resolverPort  int
	session       int32
	stream        int32
	initialTerm   int32
	hostileSocket net.PacketConn
}

// runAsVictim is the child's main.
func runAsVictim() int {
	name := os.Getenv(victimAttack)
	v, err := newVictim(attacks[name], os.Getenv(victimDir), os.Getenv(victimGuard) == "on")
	if err == nil {
		err = v.suffer(attacks[name])
	}
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	return 0
}

func newVictim(a attack, dir string, guarded bool) (*victim, error) {
	v := &victim{stream: 7}
	for _, port := range []*int{&v.controlPort, &v.openPort, &v.resolverPort} {
		var err error
		if *port, err = freeport.UDP(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), testdriver.Patience)
	defer cancel()
	newContext := aeronc.NewDriverContext
	if a.resolver {
		newContext = aeronc.NewDriverContextFromEnv // with AERON_NAME_RESOLVER_SUPPLIER=driver
	}
	settings, err := newContext()
	if err != nil {
		return nil, err
	}
	errs := []error{
		settings.SetDir(dir), settings.SetFrameGuard(guarded), settings.SetThreadingMode(aeronc.ThreadingShared),
		settings.SetTermBufferLength(termLength), settings.SetTermBufferSparseFile(false), settings.SetCountersBufferLength(1 << 20),
		settings.SetTimerInterval(20 * time.Millisecond),
	}
	if a.slow {
		errs = append(errs, settings.SetRetransmitUnicastDelay(retransmitDelay))
	}
	if a.resolver {
		errs = append(errs, settings.SetNameResolver("driver"), settings.SetResolverName("victim"), settings.SetResolverInterface(fmt.Sprintf("127.0.0.1:%d", v.resolverPort)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if v.driver, err = aeronc.StartDriver(settings); err != nil {
		return nil, err
	}
	c, err := aeronc.NewContext()
	if err != nil {
		return nil, err
	}
	if err := c.SetDir(dir); err != nil {
		return nil, err
	}
	if v.client, err = aeronc.Connect(c); err != nil {
		return nil, err
	}
	control := fmt.Sprintf("control=127.0.0.1:%d|control-mode=dynamic", v.controlPort)
	if v.pub, err = v.client.AddExclusivePublication(ctx, "aeron:udp?"+control, v.stream); err != nil {
		return nil, err
	}
	if v.sub, err = v.client.AddSubscription(ctx, "aeron:udp?endpoint=127.0.0.1:0|"+control, v.stream); err != nil {
		return nil, err
	}
	if v.open, err = v.client.AddSubscription(ctx, fmt.Sprintf("aeron:udp?endpoint=127.0.0.1:%d|reliable=%t", v.openPort, !a.unreliable), hostileStream); err != nil {
		return nil, err
	}
	constants := v.pub.Constants()
	v.session, v.initialTerm = constants.SessionID, constants.InitialTermID
	v.hostileSocket, err = net.ListenPacket("udp4", "127.0.0.1:0")
	return v, err
}

// suffer runs the stream, lets the attack happen, and sees whether all is as it should be.
func (v *victim) suffer(a attack) error {
	if err := v.exchange(10); err != nil {
		return err
	}
	a.send(v)
	if err := v.exchange(2000); err != nil {
		return err
	}
	if a.silent && v.delivered > 0 {
		v.harmed = true
	}
	rejected := v.driver.RejectedFrames()
	snapshot, err := stats.Open(v.driver.Dir())
	if err != nil {
		return err
	}
	for counter := range snapshot.Counters() {
		if counter.TypeID == stats.TypeRejectedFrames && counter.Value != rejected {
			return fmt.Errorf("the driver says %d frames rejected, its counter %q %d", rejected, counter.Label, counter.Value)
		}
	}
	fmt.Println(map[bool]string{true: "harmed", false: "unharmed"}[v.harmed], rejected)
	return errors.Join(snapshot.Close(), v.client.Close(), v.driver.Close(), v.hostileSocket.Close())
}

// message is one whose inside looks like headers that lead astray.
func (v *victim) message(n uint32) []byte {
	m := make(frame, 1000)
	for at := 0; at+4 <= len(m); at += 4 {
		m.set(at, 0x7fffffff)
	}
	copy(m[32:], v.inside)
	return m.set(0, int32(n))
}

// next is where in the term the next message's frame will begin.
func (v *victim) next() int32 {
	position, err := v.pub.Position()
	if err != nil || position >= termLength/2 {
		v.harmed = true
	}
	return int32(position)
}

// exchange sends so many messages, receives each once and in order, and polls the open subscription as well.
func (v *victim) exchange(count uint32) error {
	deadline, wait := time.Now().Add(testdriver.Patience), idle.Backoff()
	for sent, last := v.received, v.received+count; v.received < last; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages received of %d", v.received, last)
		}
		if sent < last {
			position, err := v.pub.Offer(v.message(sent))
			if err == nil && position > 0 {
				sent++
			}
		}
		n, err := v.sub.Poll(v.onMessage, 10)
		if err != nil {
			return err
		}
		if !v.busy {
			if _, err := v.open.PollC(v.onHostile, 10); err != nil {
				return err
			}
		}
		wait.Idle(n)
	}
	return nil
}

func (v *victim) onMessage(f aeronc.Fragment) {
	if !bytes.Equal(f.Data(), v.message(v.received)) {
		v.harmed = true
	}
	v.received++
}

// onHostile reads what C says is a message.
func (v *victim) onHostile(payload []byte, _ uint8) aeronc.Action {
	v.delivered++
	if bytes.Count(payload, []byte{0}) > len(payload) {
		v.harmed = true
	}
	return aeronc.Continue
}

// until exchanges messages until what is waited for has come. How many that takes is not to be said: an image is there for the driver
// before the client's conductor, which may have to wait for a processor, has heard of it.
func (v *victim) until(come func() bool) {
	for deadline := time.Now().Add(testdriver.Patience); !come(); {
		if !v.sendOne() || time.Now().After(deadline) {
			v.harmed = true
			return
		}
	}
}

// sendOne exchanges a message, and says whether that went well.
func (v *victim) sendOne() bool {
	err := v.exchange(1)
	v.harmed = v.harmed || err != nil
	return err == nil
}

// digest exchanges messages, each of which takes the driver's only thread through its work once: it has its chance many times over to
// reject what was sent, or to suffer from it.
func (v *victim) digest() {
	for range 1000 {
		if !v.sendOne() || v.isRejected() {
			return
		}
	}
}

func (v *victim) isRejected() bool { return v.driver.RejectedFrames() > 0 }

// gapsAreFilled says whether the driver has padded so many gaps.
func (v *victim) gapsAreFilled(count int64) func() bool {
	return func() bool {
		snapshot, err := stats.Open(v.driver.Dir())
		if err != nil {
			v.harmed = true
			return true
		}
		defer snapshot.Close()
		filled, _ := snapshot.System(stats.SystemLossGapFills)
		return filled >= count
	}
}

// receive sends to the open subscription. The driver must have made the image before it takes data.
func (v *victim) receive(frames ...frame) {
	for _, f := range frames {
		v.send(v.openPort, f)
		if binary.LittleEndian.Uint16(f[6:]) == typeSetup {
			v.until(func() bool { return v.open.ImageCount() > 0 || v.isRejected() })
		}
	}
}

func (v *victim) control(f frame) { v.send(v.controlPort, f) }
func (v *victim) resolve(f frame) { v.send(v.resolverPort, f); v.digest() }

func (v *victim) send(port int, f frame) {
	if _, err := v.hostileSocket.WriteTo(f, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
		v.harmed = true
	}
}
