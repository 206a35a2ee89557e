//go:build amd64 && !race

package aeronc

// Aeron needs release order where it publishes, no more: on amd64 that is a plain store, where sync/atomic's is a full fence. The
// compiler moves no store across a call that it does not inline, and the processor keeps stores in order.

//go:noinline
func storeRelease32(p *int32, v int32) { *p = v }

// storeTail moves a tail that one writer owns. Nobody may see it before what the writer has stored earlier.
func storeTail(p *int64, v int64) { *p = v }

// storeFirst begins a frame: nobody may see what is stored behind it earlier.
func storeFirst(p *uint64, v uint64) { *p = v }

//go:noinline
func storeUint32(p *uint32, v uint32) { *p = v }

// publishAndLeave is two of them for the price of one call: what was written becomes visible, then the writer is out. It returns position, so
// that its caller need not put it aside.
//
//go:noinline
func publishAndLeave(frame *int32, length int32, busy *uint32, position int64) int64 {
	*frame, *busy = length, 0
	return position
}

//go:noinline
func storeRelease64(p *int64, v int64) { *p = v }
