package cgo_test

import (
	"os"
	"strconv"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestMain(m *testing.M) { os.Exit(testdriver.Main(m)) }

// raw is a driver and a client with no threads at all: the test steps both, so that what happens, happens when it says so.
type raw struct {
	t        *testing.T
	dir      string
	driver   cgo.Driver
	client   cgo.Client
	context  *cgo.Context
	queue    cgo.Events
	tag      cgo.Tag
	listener cgo.Listener
}

func start(t *testing.T) *raw {
	t.Helper()
	return begin(t, func(*cgo.DriverContext) {})
}

// begin is start with settings that change says.
func begin(t *testing.T, change func(*cgo.DriverContext)) *raw {
	t.Helper()
	r := &raw{t: t, dir: testdriver.Dir(t)}
	dc, err := cgo.DriverContextInit(false)
	require.NoError(t, err)
	for _, err := range []error{
		cgo.DriverContextSetDir(dc, r.dir),
		cgo.DriverContextSetThreadingMode(dc, 3),
		cgo.DriverContextSetTermBufferLength(dc, 64<<10),
		cgo.DriverContextSetIPCTermBufferLength(dc, 64<<10),
		cgo.DriverContextSetTermBufferSparseFile(dc, false),
		cgo.DriverContextSetCountersBufferLength(dc, 1<<20),
		cgo.DriverContextSetTimerInterval(dc, 1000000),
	} {
		require.NoError(t, err)
	}
	change(dc)
	r.driver, err = cgo.DriverInit(dc, false)
	require.NoError(t, err)
	require.NoError(t, cgo.DriverStart(r.driver, true, false))

	var fd int
	r.queue, fd, err = cgo.NewEvents()
	require.NoError(t, err)
	file := os.NewFile(uintptr(fd), "events")
	r.tag = cgo.NewTag(t)
	r.listener = cgo.NewListener(r.queue, r.tag)
	r.context, err = cgo.ContextInit(false)
	require.NoError(t, err)
	require.NoError(t, cgo.ContextSetDir(r.context, r.dir))
	require.NoError(t, cgo.ContextSetUseConductorAgentInvoker(r.context, true))
	require.NoError(t, cgo.ContextSetHandlers(r.context, r.listener))
	r.client, err = cgo.ClientInit(r.context)
	require.NoError(t, err)
	require.NoError(t, cgo.ClientStart(r.client))
	t.Cleanup(func() {
		require.NoError(t, cgo.ClientClose(r.client))
		require.NoError(t, cgo.ContextClose(r.context))
		require.NoError(t, cgo.DriverClose(r.driver))
		require.NoError(t, cgo.DriverContextClose(dc))
		require.NoError(t, file.Close())
		r.listener.Free()
		r.tag.Free()
		r.queue.Destroy()
	})
	return r
}

// step is one duty cycle of both.
func (r *raw) step() {
	_, err := cgo.DriverMainDoWork(r.driver)
	require.NoError(r.t, err)
	_, err = cgo.ClientMainDoWork(r.client)
	require.NoError(r.t, err)
}

func (r *raw) await(what string, condition func() bool) {
	r.t.Helper()
	testdriver.Await(r.t, what, func() bool { r.step(); return condition() })
}

// event steps until C has recorded an event of a kind, and drops those before it.
func (r *raw) event(kind cgo.EventKind) (e cgo.Event) {
	r.t.Helper()
	r.await("event "+strconv.Itoa(int(kind)), func() bool {
		for {
			var ok bool
			if e, ok = r.queue.Take(); !ok || e.Kind == kind {
				return ok
			}
		}
	})
	return e
}

// added steps until the driver has answered.
func added[R any](r *raw, async interface{ Poll() (R, bool, error) }, err error) (resource R) {
	r.t.Helper()
	require.NoError(r.t, err)
	r.await("the driver's answer", func() bool {
		got, ok, err := async.Poll()
		require.NoError(r.t, err)
		resource = got
		return ok
	})
	return resource
}

func (r *raw) publication(channel string, stream int32) cgo.Publication {
	r.t.Helper()
	async, err := cgo.AddAsyncPublication(r.client, channel, stream)
	return added[cgo.Publication](r, async, err)
}

func (r *raw) exclusive(channel string, stream int32) cgo.ExclusivePublication {
	r.t.Helper()
	async, err := cgo.AddAsyncExclusivePublication(r.client, channel, stream)
	return added[cgo.ExclusivePublication](r, async, err)
}

func (r *raw) subscription(channel string, stream int32) cgo.Subscription {
	r.t.Helper()
	async, err := cgo.AddAsyncSubscription(r.client, channel, stream, r.listener)
	return added[cgo.Subscription](r, async, err)
}

// frame is what C's poll delivered.
type frame struct {
	data     string
	reserved int64
}

// poll takes up to 10 fragments by C's own poll.
func (r *raw) poll(s cgo.Subscription) (frames []frame) {
	r.t.Helper()
	poller := &cgo.Poller{Fragment: func(data, header unsafe.Pointer, length int) int32 {
		frames = append(frames, frame{
			string(unsafe.Slice((*byte)(data), length)), *(*int64)(unsafe.Add(header, 24)),
		})
		return 4
	}}
	tag := cgo.NewTag(poller)
	defer tag.Free()
	_, err := cgo.SubscriptionPoll(s, tag.Handler(), 10)
	poller.Reraise()
	require.NoError(r.t, err)
	return frames
}

func bytesAt(p unsafe.Pointer, length int) []byte { return unsafe.Slice((*byte)(p), length) }
