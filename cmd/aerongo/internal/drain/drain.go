// Package drain finds out whether what a publication has sent was consumed.
//
// A publication does not know: its own counters end at the network or at the log. The media driver's counters, which it keeps in
// a file of its directory, say more, and reading them takes no client and disturbs nobody:
//
//   - A subscriber on the same driver, over IPC or a network, has a counter with its position (sub-pos). Once that is at the
//     publication's position, everything is consumed. Its last value can still be read for a while after the subscriber has left.
//   - A subscriber on another driver reports its position in status messages, at every quarter of its window. The sender keeps no
//     copy of it, only its limit (snd-lmt): the reported position plus the window. The window is the distance of limit and
//     position when the subscriber came, before anything was sent. So the limit tells that all is consumed but the last quarter of
//     a window, and more is never reported.
//   - For that rest there is quiet. A sender repeats its position every 100 ms, and a receiver that lacks something asks for it at
//     once and again. When neither limit nor requests move for several such intervals, the receiver's driver has everything, in
//     its own memory, and nothing depends on this side any more.
//
// With several receivers the flow control strategy chooses whose position counts: the fastest by default, the slowest with fc=min.
package drain

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/aeroncgo/aeron/internal/cncfile"
)

// Counter types of C's driver that say how far a stream is.
const (
	typeSystem      = 0
	typeSubscriber  = 4
	typeSenderLimit = 9
)

// Ids of the system counters that are read.
const (
	naksReceived           = 6
	statusMessagesReceived = 8
)

// Layout of a counter's two records.
const (
	metadataLength = 512
	valueLength    = 128
	stateAllocated = 1
	stateUnused    = 0
	typeOffset     = 4
	keyOffset      = 16
	sessionOffset  = keyOffset + 8
	streamOffset   = keyOffset + 12
)

// Progress is how far the consumers of a stream are known to be.
type Progress struct {
	// Consumed is the lowest position that the subscribers are known to have reached.
	Consumed int64
	// Done says that everything is consumed as far as it can be known before the publication is closed.
	Done bool
	// Certain says that everything is consumed by subscribers on this driver.
	Certain bool
	// Activity changes when the receivers report something or ask for something again.
	Activity int64
}

// Watch reads the counters of one publication. One goroutine at a time.
type Watch struct {
	file        *cncfile.File
	session     int32
	stream      int32
	window      int64
	subscribers map[int32]*subscriber // by their counters
	last        Progress
}

// subscriber is one on the publication's own driver.
type subscriber struct {
	position int64
	present  bool // its counter is there
	reused   bool // its counter belongs to somebody else by now
}

// Open begins to watch a publication, by the driver's directory and the publication's session and stream. Call it when a
// subscriber is connected and nothing has been sent, so that the receiver's window can be seen: position is the publication's.
// Close it when done.
func Open(dir string, session, stream int32, position int64) (*Watch, error) {
	file, err := cncfile.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("look at the driver's counters: %w", err)
	}
	w := &Watch{file: file, session: session, stream: stream, subscribers: map[int32]*subscriber{}}
	s, err := w.scan()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if s.network {
		w.window = max(s.limit-position, 0)
	}
	return w, nil
}

// Close ends the watch.
func (w *Watch) Close() error { return w.file.Close() }

// sample is what one look at the counters found.
type sample struct {
	network bool  // there is a sender, so this is no IPC stream
	limit   int64 // how far it may send
	naks    int64 // how often receivers have asked for something again, on any stream
	status  int64 // how often they have told how far they are, on any stream
	local   int   // subscribers on this driver that are there now
}

// scan reads the counters of the stream and remembers the positions of subscribers.
func (w *Watch) scan() (sample, error) {
	h := w.file.Header()
	var s sample
	for _, sub := range w.subscribers {
		sub.present = false
	}
	records := h.CounterValuesLength / valueLength
	const chunk = 64
	buffer := make([]byte, chunk*metadataLength)
	for first := 0; first < records; first += chunk {
		b := buffer[:min(chunk, records-first)*metadataLength]
		if _, err := w.file.ReadAt(b, h.CounterMetadataOffset()+int64(first)*metadataLength); err != nil {
			return s, fmt.Errorf("read the driver's counters: %w", err)
		}
		for i := 0; len(b) > 0; i, b = i+1, b[metadataLength:] {
			switch state := int32(binary.LittleEndian.Uint32(b)); {
			case state == stateUnused:
				return s, w.refresh()
			case state != stateAllocated:
				continue
			}
			id := int32(first + i)
			counterType := int32(binary.LittleEndian.Uint32(b[typeOffset:]))
			if counterType == typeSystem {
				if err := w.system(id, &s); err != nil {
					return s, err
				}
				continue
			}
			if !w.mine(b) {
				if sub := w.subscribers[id]; sub != nil {
					sub.reused = true
				}
				continue
			}
			value, err := w.value(id)
			if err != nil {
				return s, err
			}
			switch counterType {
			case typeSenderLimit:
				s.network, s.limit = true, value
			case typeSubscriber:
				w.subscribers[id] = &subscriber{position: value, present: true}
				s.local++
			}
		}
	}
	return s, w.refresh()
}

// system reads a system counter, if it is one that matters.
func (w *Watch) system(id int32, s *sample) (err error) {
	switch id {
	case naksReceived:
		s.naks, err = w.value(id)
	case statusMessagesReceived:
		s.status, err = w.value(id)
	}
	return err
}

// mine reports whether a counter's key names the stream.
func (w *Watch) mine(metadata []byte) bool {
	return int32(binary.LittleEndian.Uint32(metadata[sessionOffset:])) == w.session &&
		int32(binary.LittleEndian.Uint32(metadata[streamOffset:])) == w.stream
}

// refresh reads the subscribers once more that have left: C leaves the value in its place for a second, until somebody else gets
// the counter.
func (w *Watch) refresh() error {
	for id, sub := range w.subscribers {
		if sub.present || sub.reused {
			continue
		}
		value, err := w.value(id)
		if err != nil {
			return err
		}
		sub.position = max(sub.position, value)
	}
	return nil
}

func (w *Watch) value(id int32) (int64, error) {
	var b [8]byte
	if _, err := w.file.ReadAt(b[:], w.file.Header().CounterValuesOffset()+int64(id)*valueLength); err != nil {
		return 0, fmt.Errorf("read the driver's counters: %w", err)
	}
	return int64(binary.LittleEndian.Uint64(b[:])), nil
}

// Look tells how far the subscribers are, for a publication at position. Those that have left count only if none is there any more.
func (w *Watch) Look(position int64) (Progress, error) {
	s, err := w.scan()
	if err != nil {
		return w.last, err
	}
	present, left, known := position, int64(0), len(w.subscribers) > 0
	for _, sub := range w.subscribers {
		if sub.present {
			present = min(present, sub.position)
		} else {
			left = max(left, sub.position)
		}
	}
	local := present
	if s.local == 0 {
		local = min(left, position)
	}
	p := Progress{Consumed: local, Certain: known && local >= position, Activity: s.limit + s.naks}
	p.Done = p.Certain
	if s.network && (!known || s.local > 0) {
		reported := min(max(s.limit, w.window)-w.window, position)
		reportedAll := reported+w.window/4 >= position
		if !known {
			p.Consumed, p.Done = reported, reportedAll
		} else {
			p.Done = p.Certain && reportedAll
		}
	}
	w.last = p
	return p, nil
}

// Farewell is what is left of a publication that is closed.
type Farewell struct {
	Subscribers int   // on this driver, that still have it
	Sending     bool  // the driver still tells receivers elsewhere that it is at its end
	Status      int64 // changes while receivers elsewhere, of any stream, are there
}

// Left tells what is left of a publication that is closed.
func (w *Watch) Left() (Farewell, error) {
	s, err := w.scan()
	return Farewell{Subscribers: s.local, Sending: s.network, Status: s.status}, err
}
