package cgo

// #include "shim.h"
import "C"

import "unsafe"

// Poller is the Go value behind C's own polls. Fragment and Block are set for the time of a poll. Fragment returns one of C's
// actions (abort 1, break 2, commit 3, continue 4), which a poll that is not controlled has no use for.
type Poller struct {
	Fragment func(data, frame unsafe.Pointer, length int) int32
	Block    func(frames unsafe.Pointer, length int, sessionID, termID int32)
	Header   Header // of the fragment, while Fragment runs

	raised   bool
	panicked any
}

// Reraise goes on with the panic of a handler, if there was one, now that C's frames are off the stack.
func (p *Poller) Reraise() {
	if p.raised {
		cause := p.panicked
		p.raised, p.panicked = false, nil
		panic(cause)
	}
}

// C calls the functions below, and only from a poll that Go has called: no panic may unwind C's frames, so it is kept, and nothing
// more is delivered. A controlled poll ends there and leaves the fragment; any other passes over the rest of what it has found.

//export aerongoOnFragment
func aerongoOnFragment(clientd unsafe.Pointer, buffer *C.uint8_t, length C.size_t, frame, header unsafe.Pointer) (action C.int) {
	const abort = 1
	p, ok := Tag{clientd}.Value().(*Poller)
	if !ok || p.raised || p.Fragment == nil {
		return abort
	}
	p.Header = Header{header}
	p.raised = true
	defer func() {
		p.Header = Header{}
		if p.raised {
			p.panicked = recover()
			action = abort
		}
	}()
	action = C.int(p.Fragment(unsafe.Pointer(buffer), frame, int(length)))
	p.raised = false
	return action
}

//export aerongoOnBlock
func aerongoOnBlock(clientd unsafe.Pointer, buffer *C.uint8_t, length C.size_t, sessionID, termID C.int32_t) {
	p, ok := Tag{clientd}.Value().(*Poller)
	if !ok || p.raised || p.Block == nil {
		return
	}
	p.raised = true
	defer func() {
		if p.raised {
			p.panicked = recover()
		}
	}()
	p.Block(unsafe.Pointer(buffer), int(length), int32(sessionID), int32(termID))
	p.raised = false
}

// C calls it while CountersReaderForEach runs.
//
//export aerongoOnCounter
func aerongoOnCounter(
	clientd unsafe.Pointer, value C.int64_t, id, typeID C.int32_t, key *C.uint8_t, keyLength C.size_t, label *C.char, labelLength C.size_t,
) {
	if records, ok := (Tag{clientd}).Value().(*[]CounterRecord); ok {
		*records = append(*records, CounterRecord{
			Value: int64(value), ID: int32(id), TypeID: int32(typeID),
			Key: C.GoBytes(unsafe.Pointer(key), C.int(keyLength)), Label: C.GoStringN(label, C.int(labelLength)),
		})
	}
}

// C calls it while CncErrorLogRead runs.
//
//export aerongoOnObservation
func aerongoOnObservation(clientd unsafe.Pointer, count C.int32_t, first, last C.int64_t, text *C.char, length C.size_t) {
	if observations, ok := (Tag{clientd}).Value().(*[]Observation); ok {
		*observations = append(*observations, Observation{
			Count: int32(count), First: int64(first), Last: int64(last), Text: C.GoStringN(text, C.int(length)),
		})
	}
}

// C calls it while CncLossReporterRead runs.
//
//export aerongoOnLoss
func aerongoOnLoss(clientd unsafe.Pointer, c *C.aerongo_loss_t) {
	if losses, ok := (Tag{clientd}).Value().(*[]Loss); ok {
		*losses = append(*losses, Loss{
			Count: int64(c.observation_count), Bytes: int64(c.total_bytes_lost), First: int64(c.first), Last: int64(c.last),
			SessionID: int32(c.session_id), StreamID: int32(c.stream_id),
			Channel: C.GoStringN(c.channel, c.channel_length), Source: C.GoStringN(c.source, c.source_length),
		})
	}
}
