package ids

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
)

// MaxCapacity is the largest number of ids that one allocator holds. Seed: RandomId65kAllocator's Short.MAX_VALUE * 2.
const MaxCapacity = 65534

// Sessions gives out session ids, 1 to 65534. Seed: AeronDriver.sessionIdAllocator
var Sessions = newPool("sessions", 1, 65534)

// Streams gives out stream ids, 1 to 65533. Seed: AeronDriver.streamIdAllocator
var Streams = newPool("streams", 1, 65533)

// Allocator is a pool of ids, each in use at most once at a time. Every method takes constant time, except that the first
// [Allocator.Allocate] builds the pool (a millisecond or two and 140 kB for a full one); an allocator that is never used takes next to
// no memory. The zero value is an empty pool: every Allocate is ErrExhausted.
//
// Safe for concurrent use. An Allocator must not be copied.
type Allocator struct {
	name     string
	min      int32
	capacity int
	random   io.Reader

	mu          sync.Mutex
	queue       []uint16 // ring of the ids that are free, as distances from min: the oldest at head
	head        int
	outstanding int
	used        []uint64 // one bit for each id that is in use
}

// New gives an allocator of ids from minimum upwards: maximum-minimum of them, but at least 1 and at most [MaxCapacity], so that the
// last one is maximum-1, or minimum itself when both are equal. It is an error (ErrInvalidRange) if maximum is below minimum, or if 0,
// which is never a usable id, would be among the ids.
//
// Seed: RandomId65kAllocator(min, max)
func New(minimum, maximum int32) (*Allocator, error) {
	name := fmt.Sprintf("%d to %d", minimum, maximum)
	if maximum < minimum {
		return nil, &Error{
			Op: "new", Pool: name, Err: ErrInvalidRange,
			Detail: fmt.Sprintf("maximum %d is below minimum %d; exchange them", maximum, minimum),
		}
	}
	n := int(min(max(int64(maximum)-int64(minimum), 1), MaxCapacity))
	if last := int64(minimum) + int64(n) - 1; minimum <= 0 && last >= 0 {
		return nil, &Error{
			Op: "new", Pool: name, Err: ErrInvalidRange,
			Detail: fmt.Sprintf("ids %d to %d contain 0, which is reserved; use a range above or below it", minimum, last),
		}
	}
	return newPool(name, minimum, n), nil
}

func newPool(name string, minimum int32, n int) *Allocator {
	return &Allocator{name: name, min: minimum, capacity: n, random: rand.Reader}
}

// Capacity is the number of ids that the allocator has, in use or not.
func (a *Allocator) Capacity() int { return a.capacity }

// Outstanding is the number of ids that are in use: allocated and not freed. Seed: counts()
func (a *Allocator) Outstanding() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.outstanding
}

// Allocate gives an id that is not in use: the one that has been free for longest, and among those that were never used a random one.
// It is ErrExhausted when all are in use. Give the id back with [Allocator.Free] when nothing has it any more.
//
// Seed: allocate()
func (a *Allocator) Allocate() (int32, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.outstanding == a.capacity {
		return 0, &Error{
			Op: "allocate", Pool: a.name, Err: ErrExhausted,
			Detail: fmt.Sprintf("%d of %d; free ids that are no longer needed", a.outstanding, a.capacity),
		}
	}
	if a.queue == nil {
		if err := a.build(); err != nil {
			return 0, &Error{Op: "allocate", Pool: a.name, Err: err, Detail: "the ids could not be shuffled; try again"}
		}
	}
	offset := a.queue[a.head]
	a.head++
	if a.head == a.capacity {
		a.head = 0
	}
	a.outstanding++
	a.used[offset/64] |= 1 << (offset % 64)
	return a.min + int32(offset), nil
}

// Free gives an id back; it is allocated again only after all ids that are free now. It is ErrNotAllocated, and changes nothing, if the
// id is not in use: freed twice, or never allocated here.
//
// Seed: free(id)
func (a *Allocator) Free(id int32) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	offset := int64(id) - int64(a.min)
	if offset < 0 || offset >= int64(a.capacity) {
		last := int64(a.min) + int64(a.capacity) - 1
		detail := fmt.Sprintf("id %d is not one of the pool's %d to %d; free it where it came from", id, a.min, last)
		if a.capacity == 0 {
			detail = fmt.Sprintf("id %d: the pool is empty; make it with New", id)
		}
		return &Error{Op: "free", Pool: a.name, Err: ErrNotAllocated, Detail: detail}
	}
	if a.used == nil || a.used[offset/64]&(1<<(offset%64)) == 0 {
		return &Error{
			Op: "free", Pool: a.name, Err: ErrNotAllocated,
			Detail: fmt.Sprintf("id %d was freed before, or never allocated; free each id once", id),
		}
	}
	a.used[offset/64] &^= 1 << (offset % 64)
	tail := a.head + a.capacity - a.outstanding
	if tail >= a.capacity {
		tail -= a.capacity
	}
	a.queue[tail] = uint16(offset)
	a.outstanding--
	return nil
}

// build fills the pool and shuffles it (Fisher and Yates), reading the generator in blocks: a system call per id would take far longer.
func (a *Allocator) build() error {
	queue := make([]uint16, a.capacity)
	for i := range queue {
		queue[i] = uint16(i)
	}
	source := bufio.NewReaderSize(a.random, min(4*a.capacity, 1<<14))
	for i := len(queue) - 1; i > 0; i-- {
		j, err := below(source, uint32(i)+1)
		if err != nil {
			return err
		}
		queue[i], queue[j] = queue[j], queue[i]
	}
	a.queue, a.used = queue, make([]uint64, (a.capacity+63)/64)
	return nil
}

// below gives a number under n, each with the same probability: numbers in the last, incomplete multiple of n are thrown away.
func below(source *bufio.Reader, n uint32) (uint32, error) {
	limit := math.MaxUint32 - math.MaxUint32%n
	for {
		b, err := source.Peek(4)
		if err != nil {
			return 0, err
		}
		if _, err := source.Discard(4); err != nil {
			return 0, err
		}
		if v := binary.LittleEndian.Uint32(b); v < limit {
			return v % n, nil
		}
	}
}

// CheckLeaks is nil if no id of [Sessions] and [Streams] is in use, and otherwise ErrLeaked with both counts. Ask when everything that
// had one has ended.
//
// Seed: checkForMemoryLeaks()
func CheckLeaks() error { return checkLeaks(Sessions, Streams) }

func checkLeaks(sessions, streams *Allocator) error {
	a, b := sessions.Outstanding(), streams.Outstanding()
	if a == 0 && b == 0 {
		return nil
	}
	return &Error{
		Op: "check", Pool: sessions.name + ", " + streams.name, Err: ErrLeaked,
		Detail: fmt.Sprintf("%d session ids and %d stream ids; free each id when its publication or subscription is closed", a, b),
	}
}
