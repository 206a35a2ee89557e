//go:build cgo && !asan && !aeron_pkgconfig

package main

// The archive that the module links, in a checkout.

// #cgo CFLAGS: -I${SRCDIR}/../../../vendor-c/prefix/include/aeron
// #cgo LDFLAGS: -L${SRCDIR}/../../../vendor-c/prefix/lib -laeron_native -lm -lpthread -ldl
// #include <stdlib.h>
// #include "aeronc.h"
//
// // What Go cannot write down: the exported function as a handler, and a handle as the void * that it gets.
// extern void onFragment(void *handle, uint8_t *buffer, size_t length, aeron_header_t *header);
//
// static int create_assembler(aeron_fragment_assembler_t **assembler, uintptr_t handle)
// {
//     return aeron_fragment_assembler_create(assembler, (aeron_fragment_handler_t)onFragment, (void *)handle);
// }
//
// static int poll(aeron_subscription_t *subscription, uintptr_t handle, size_t limit)
// {
//     return aeron_subscription_poll(subscription, (aeron_fragment_handler_t)onFragment, (void *)handle, limit);
// }
//
// static int poll_assembled(aeron_subscription_t *subscription, aeron_fragment_assembler_t *assembler, size_t limit)
// {
//     return aeron_subscription_poll(subscription, aeron_fragment_assembler_handler, assembler, limit);
// }
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"time"
	"unsafe"
)

//export onFragment
func onFragment(handle unsafe.Pointer, buffer *C.uint8_t, length C.size_t, _ *C.aeron_header_t) {
	cgo.Handle(uintptr(handle)).Value().(func([]byte))(unsafe.Slice((*byte)(buffer), int(length)))
}

// failed is what C says about a call. Its text belongs to the operating system's thread that made the call.
func failed(what string) error { return fmt.Errorf("%s: %s", what, C.GoString(C.aeron_errmsg())) }

// patience bounds every wait for the driver.
const patience = 20 * time.Second

// await waits for a condition.
func await(what string, condition func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if done, err := condition(); done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain for %s", what)
		}
	}
}

type client struct {
	c       *C.aeron_t
	context *C.aeron_context_t
}

// connect makes a client of the driver in dir. Its conductor idles as it does by default.
func connect(dir string) (*client, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cl := &client{}
	name := C.CString(dir)
	defer C.free(unsafe.Pointer(name))
	if C.aeron_context_init(&cl.context) < 0 || C.aeron_context_set_dir(cl.context, name) < 0 ||
		C.aeron_init(&cl.c, cl.context) < 0 || C.aeron_start(cl.c) < 0 {
		return nil, failed("connect") // and the process ends
	}
	return cl, nil
}

func (cl *client) close() {
	C.aeron_close(cl.c)
	C.aeron_context_close(cl.context)
}

type subscription struct {
	c         *C.aeron_subscription_t
	handle    cgo.Handle // of a func([]byte)
	assembler *C.aeron_fragment_assembler_t
}

// addSubscription delivers messages to onMessage, which may look at them while it runs.
func (cl *client) addSubscription(channel string, stream int32, onMessage func([]byte)) (*subscription, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	uri := C.CString(channel)
	defer C.free(unsafe.Pointer(uri))
	var add *C.aeron_async_add_subscription_t
	if C.aeron_async_add_subscription(&add, cl.c, uri, C.int32_t(stream), nil, nil, nil, nil) < 0 {
		return nil, failed("add subscription " + channel)
	}
	s := &subscription{}
	err := await("a subscription", func() (bool, error) {
		if C.aeron_async_add_subscription_poll(&s.c, add) < 0 {
			return false, failed("add subscription " + channel)
		}
		return s.c != nil, nil
	})
	if err != nil {
		return nil, err
	}
	s.handle = cgo.NewHandle(onMessage)
	return s, nil
}

// assemble puts messages together that do not go into one frame.
func (s *subscription) assemble() error {
	if C.create_assembler(&s.assembler, C.uintptr_t(s.handle)) < 0 {
		return failed("create assembler")
	}
	return nil
}

func (s *subscription) poll() (int, error) {
	var n C.int
	if s.assembler != nil {
		n = C.poll_assembled(s.c, s.assembler, fragmentLimit)
	} else {
		n = C.poll(s.c, C.uintptr_t(s.handle), fragmentLimit)
	}
	if n < 0 {
		return 0, failed("poll")
	}
	return int(n), nil
}

func (s *subscription) awaitConnected() error {
	return await("a publisher", func() (bool, error) { return bool(C.aeron_subscription_is_connected(s.c)), nil })
}

func (s *subscription) close() {
	C.aeron_subscription_close(s.c, nil, nil)
	if s.assembler != nil {
		C.aeron_fragment_assembler_delete(s.assembler)
	}
	s.handle.Delete()
}

// publication is of either kind: one of the two is nil.
type publication struct {
	exclusive *C.aeron_exclusive_publication_t
	shared    *C.aeron_publication_t
}

func (cl *client) addPublication(channel string, stream int32, exclusive bool) (*publication, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	uri := C.CString(channel)
	defer C.free(unsafe.Pointer(uri))
	p := &publication{}
	what := "add publication " + channel
	if exclusive {
		var add *C.aeron_async_add_exclusive_publication_t
		if C.aeron_async_add_exclusive_publication(&add, cl.c, uri, C.int32_t(stream)) < 0 {
			return nil, failed(what)
		}
		return p, await("a publication", func() (bool, error) {
			if C.aeron_async_add_exclusive_publication_poll(&p.exclusive, add) < 0 {
				return false, failed(what)
			}
			return p.exclusive != nil, nil
		})
	}
	var add *C.aeron_async_add_publication_t
	if C.aeron_async_add_publication(&add, cl.c, uri, C.int32_t(stream)) < 0 {
		return nil, failed(what)
	}
	return p, await("a publication", func() (bool, error) {
		if C.aeron_async_add_publication_poll(&p.shared, add) < 0 {
			return false, failed(what)
		}
		return p.shared != nil, nil
	})
}

// offer reports whether the message is out; if not, and without an error, it is to be offered again, after a wait if it says so.
func (p *publication) offer(message []byte) (offered, wait bool, err error) {
	bytes, length := (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(message))), C.size_t(len(message))
	var position C.int64_t
	if p.exclusive != nil {
		position = C.aeron_exclusive_publication_offer(p.exclusive, bytes, length, nil, nil)
	} else {
		position = C.aeron_publication_offer(p.shared, bytes, length, nil, nil)
	}
	switch {
	case position >= 0:
		return true, false, nil
	case position == C.AERON_PUBLICATION_BACK_PRESSURED:
		return false, true, nil
	case position == C.AERON_PUBLICATION_ADMIN_ACTION:
		return false, false, nil
	}
	return false, false, failed(fmt.Sprintf("offer: %d", position))
}

func (p *publication) position() int64 {
	if p.exclusive != nil {
		return int64(C.aeron_exclusive_publication_position(p.exclusive))
	}
	return int64(C.aeron_publication_position(p.shared))
}

// maxPayload is what goes into one frame.
func (p *publication) maxPayload() int {
	var constants C.aeron_publication_constants_t
	if p.exclusive != nil {
		C.aeron_exclusive_publication_constants(p.exclusive, &constants)
	} else {
		C.aeron_publication_constants(p.shared, &constants)
	}
	return int(constants.max_payload_length)
}

func (p *publication) awaitConnected() error {
	return await("a subscriber", func() (bool, error) {
		if p.exclusive != nil {
			return bool(C.aeron_exclusive_publication_is_connected(p.exclusive)), nil
		}
		return bool(C.aeron_publication_is_connected(p.shared)), nil
	})
}

func (p *publication) close() {
	if p.exclusive != nil {
		C.aeron_exclusive_publication_close(p.exclusive, nil, nil)
	} else {
		C.aeron_publication_close(p.shared, nil, nil)
	}
}
