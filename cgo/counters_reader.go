package cgo

// #include "shim.h"
import "C"

import "unsafe"

// CountersReader reads the counters of a driver, for as long as the client or the CnC that it is of is open.
type CountersReader struct{ c *C.aeron_counters_reader_t }

// Sizes of a counter's key and label, in bytes.
const (
	MaxCounterKey   = 112
	MaxCounterLabel = 380
)

// CounterRecord is a counter that is in use.
type CounterRecord struct {
	Value  int64
	ID     int32
	TypeID int32
	Key    []byte // all of it, whatever the type uses
	Label  string
}

// ClientCountersReader reads the counters of the client's driver.
//
// C: aeron_counters_reader
func ClientCountersReader(c Client) CountersReader {
	return CountersReader{C.aerongo_counters_reader(c.c)}
}

// CountersReaderAddr is the address of a counter's value, or nil for an id that no counter can have.
//
// C: aeron_counters_reader_addr
func CountersReaderAddr(r CountersReader, id int32) *int64 {
	return (*int64)(unsafe.Pointer(C.aerongo_counters_reader_addr(r.c, C.int32_t(id))))
}

// CountersReaderBuffers is the memory of all values and all metadata.
//
// C: aeron_counters_reader_get_buffers
func CountersReaderBuffers(r CountersReader) (values, metadata []byte, err error) {
	var b C.aeron_counters_reader_buffers_t
	if err := errorOf("counters buffers", C.aerongo_counters_reader_buffers(r.c, &b)); err != nil {
		return nil, nil, err
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(b.values)), int(b.values_length)),
		unsafe.Slice((*byte)(unsafe.Pointer(b.metadata)), int(b.metadata_length)), nil
}

// CountersReaderForEach lists the counters that are in use.
//
// C: aeron_counters_reader_foreach_counter
func CountersReaderForEach(r CountersReader) []CounterRecord {
	var records []CounterRecord
	tag := NewTag(&records)
	defer tag.Free()
	C.aerongo_counters_reader_foreach_counter(r.c, tag.p)
	return records
}

// CountersReaderFind is the id of the counter in use with a type and a registration id, or -1.
//
// C: aeron_counters_reader_find_by_type_id_and_registration_id
func CountersReaderFind(r CountersReader, typeID int32, registrationID int64) int32 {
	return int32(C.aerongo_counters_reader_find(r.c, C.int32_t(typeID), C.int64_t(registrationID)))
}

// CountersReaderMaxCounterID is the highest id that a counter can have.
//
// C: aeron_counters_reader_max_counter_id
func CountersReaderMaxCounterID(r CountersReader) int32 {
	return int32(C.aerongo_counters_reader_max_counter_id(r.c))
}

// CountersReaderRegistrationID is what a counter was registered with.
//
// C: aeron_counters_reader_counter_registration_id
func CountersReaderRegistrationID(r CountersReader, id int32) (int64, error) {
	v := C.aerongo_counters_reader_registration_id(r.c, C.int32_t(id))
	return int64(v.value), errorOf("registration id of counter", v)
}

// CountersReaderOwnerID is the client that owns a counter.
//
// C: aeron_counters_reader_counter_owner_id
func CountersReaderOwnerID(r CountersReader, id int32) (int64, error) {
	v := C.aerongo_counters_reader_owner_id(r.c, C.int32_t(id))
	return int64(v.value), errorOf("owner id of counter", v)
}

// CountersReaderReferenceID is what a counter refers to.
//
// C: aeron_counters_reader_counter_reference_id
func CountersReaderReferenceID(r CountersReader, id int32) (int64, error) {
	v := C.aerongo_counters_reader_reference_id(r.c, C.int32_t(id))
	return int64(v.value), errorOf("reference id of counter", v)
}

// CountersReaderState is 1 for a counter in use, -1 for one that was given back and 0 for one that never was.
//
// C: aeron_counters_reader_counter_state
func CountersReaderState(r CountersReader, id int32) (int32, error) {
	v := C.aerongo_counters_reader_state(r.c, C.int32_t(id))
	return int32(v.value), errorOf("state of counter", v)
}

// CountersReaderTypeID is the type of a counter.
//
// C: aeron_counters_reader_counter_type_id
func CountersReaderTypeID(r CountersReader, id int32) (int32, error) {
	v := C.aerongo_counters_reader_type_id(r.c, C.int32_t(id))
	return int32(v.value), errorOf("type id of counter", v)
}

// CountersReaderFreeForReuseDeadline is when, in milliseconds of the epoch, a counter that was given back may be used again; the
// largest int64 for one in use.
//
// C: aeron_counters_reader_free_for_reuse_deadline_ms
func CountersReaderFreeForReuseDeadline(r CountersReader, id int32) (int64, error) {
	v := C.aerongo_counters_reader_free_for_reuse_deadline(r.c, C.int32_t(id))
	return int64(v.value), errorOf("reuse of counter", v)
}

// CountersReaderKey copies the key of a counter.
//
// C: aeron_counters_reader_metadata_key
func CountersReaderKey(r CountersReader, id int32) ([]byte, error) {
	v := C.aerongo_counters_reader_key(r.c, C.int32_t(id))
	if err := errorOf("key of counter", v); err != nil {
		return nil, err
	}
	return C.GoBytes(v.ptr, MaxCounterKey), nil
}

// CountersReaderLabel copies the label of a counter.
//
// C: aeron_counters_reader_counter_label
func CountersReaderLabel(r CountersReader, id int32) (string, error) {
	var label [MaxCounterLabel]C.char
	v := C.aerongo_counters_reader_label(r.c, C.int32_t(id), &label[0], MaxCounterLabel)
	if err := errorOf("label of counter", v); err != nil {
		return "", err
	}
	return C.GoStringN(&label[0], C.int(min(v.value, MaxCounterLabel))), nil
}
