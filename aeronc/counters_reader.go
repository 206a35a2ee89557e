package aeronc

import (
	"iter"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron/cgo"
)

// CounterRecord is a counter that was in use when it was read: value, id, type, key and label. Package stats decodes keys.
type CounterRecord = cgo.CounterRecord

// CounterState is what becomes of a counter's place.
//
// C: AERON_COUNTER_RECORD_*
type CounterState int32

// The states of a counter's place.
const (
	CounterReclaimed CounterState = -1 // given back; free to be used again after a while
	CounterUnused    CounterState = 0  // never used
	CounterAllocated CounterState = 1
)

// CountersReader reads all counters of the client's driver. Any goroutine; ErrClosed once the client is closed.
//
// C: aeron_counters_reader_t
type CountersReader struct{ client *Client }

// CountersReader reads the counters of the client's driver.
//
// C: aeron_counters_reader
func (c *Client) CountersReader() *CountersReader {
	if c == nil {
		return nil
	}
	return &CountersReader{c}
}

func readCounter[T any](r *CountersReader, id int32, f func(cgo.CountersReader, int32) (T, error)) (value T, err error) {
	if r == nil || r.client == nil || !r.client.calls.enter() {
		return value, ErrClosed
	}
	defer r.client.calls.exit()
	if value, err = f(cgo.ClientCountersReader(r.client.raw), id); err != nil {
		return value, invalidArgument("counter id", id, "is no counter's: see MaxCounterID")
	}
	return value, nil
}

// All are the counters in use, as they were when the loop began.
//
// C: aeron_counters_reader_foreach_counter
func (r *CountersReader) All() iter.Seq[CounterRecord] {
	if r == nil || r.client == nil {
		return func(func(CounterRecord) bool) {}
	}
	return func(yield func(CounterRecord) bool) {
		records, _ := readCounter(r, 0, func(raw cgo.CountersReader, _ int32) ([]CounterRecord, error) {
			return cgo.CountersReaderForEach(raw), nil
		})
		for _, record := range records {
			if !yield(record) {
				return
			}
		}
	}
}

// Find is the id of the counter in use with a type and a registration id; false if there is none.
//
// C: aeron_counters_reader_find_by_type_id_and_registration_id
func (r *CountersReader) Find(typeID int32, registrationID int64) (int32, bool) {
	if r == nil || r.client == nil {
		return 0, false
	}
	id, err := readCounter(r, typeID, func(raw cgo.CountersReader, _ int32) (int32, error) {
		return cgo.CountersReaderFind(raw, typeID, registrationID), nil
	})
	return id, err == nil && id >= 0
}

// MaxCounterID is the highest id that a counter can have, or -1 when closed.
//
// C: aeron_counters_reader_max_counter_id
func (r *CountersReader) MaxCounterID() int32 {
	if r == nil || r.client == nil {
		return 0
	}
	id, err := readCounter(r, 0, func(raw cgo.CountersReader, _ int32) (int32, error) {
		return cgo.CountersReaderMaxCounterID(raw), nil
	})
	if err != nil {
		return -1
	}
	return id
}

// Value is a counter's value.
//
// C: aeron_counters_reader_addr
func (r *CountersReader) Value(id int32) (int64, error) {
	if r == nil || r.client == nil {
		return 0, ErrClosed
	}
	return readCounter(r, id, func(raw cgo.CountersReader, id int32) (int64, error) {
		value := cgo.CountersReaderAddr(raw, id)
		if value == nil {
			return 0, ErrInvalidArgument
		}
		return atomic.LoadInt64(value), nil
	})
}

// Label is a counter's label, with control characters escaped: any client can set it.
//
// C: aeron_counters_reader_counter_label
func (r *CountersReader) Label(id int32) (string, error) {
	if r == nil || r.client == nil {
		return "", ErrClosed
	}
	label, err := readCounter(r, id, cgo.CountersReaderLabel)
	return printable(label), err
}

// Key is a copy of a counter's key, all 112 bytes.
//
// C: aeron_counters_reader_metadata_key
func (r *CountersReader) Key(id int32) ([]byte, error) {
	if r == nil || r.client == nil {
		return nil, ErrClosed
	}
	return readCounter(r, id, cgo.CountersReaderKey)
}

// State is what becomes of a counter's place.
//
// C: aeron_counters_reader_counter_state
func (r *CountersReader) State(id int32) (CounterState, error) {
	if r == nil || r.client == nil {
		return CounterUnused, ErrClosed
	}
	state, err := readCounter(r, id, cgo.CountersReaderState)
	return CounterState(state), err
}

// TypeID is a counter's type.
//
// C: aeron_counters_reader_counter_type_id
func (r *CountersReader) TypeID(id int32) (int32, error) {
	if r == nil || r.client == nil {
		return 0, ErrClosed
	}
	return readCounter(r, id, cgo.CountersReaderTypeID)
}

// RegistrationID is what a counter was registered with.
//
// C: aeron_counters_reader_counter_registration_id
func (r *CountersReader) RegistrationID(id int32) (int64, error) {
	if r == nil || r.client == nil {
		return 0, ErrClosed
	}
	return readCounter(r, id, cgo.CountersReaderRegistrationID)
}

// OwnerID is the client that owns a counter, 0 for the driver's own.
//
// C: aeron_counters_reader_counter_owner_id
func (r *CountersReader) OwnerID(id int32) (int64, error) {
	if r == nil || r.client == nil {
		return 0, ErrClosed
	}
	return readCounter(r, id, cgo.CountersReaderOwnerID)
}

// ReferenceID is what a counter refers to, 0 for nothing.
//
// C: aeron_counters_reader_counter_reference_id
func (r *CountersReader) ReferenceID(id int32) (int64, error) {
	if r == nil || r.client == nil {
		return 0, ErrClosed
	}
	return readCounter(r, id, cgo.CountersReaderReferenceID)
}

// ReusableAt is when the place of a counter that was given back may be used again; the zero time for one in use.
//
// C: aeron_counters_reader_free_for_reuse_deadline_ms
func (r *CountersReader) ReusableAt(id int32) (time.Time, error) {
	if r == nil || r.client == nil {
		return time.Time{}, ErrClosed
	}
	const never = 1<<63 - 1
	millis, err := readCounter(r, id, cgo.CountersReaderFreeForReuseDeadline)
	if err != nil || millis == never {
		return time.Time{}, err
	}
	return time.UnixMilli(millis), nil
}
