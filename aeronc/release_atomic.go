//go:build !amd64 || race

package aeronc

import "sync/atomic"

// Elsewhere sync/atomic's stores are what is needed, and the race detector has to see them.

func storeRelease32(p *int32, v int32) { atomic.StoreInt32(p, v) }

func storeTail(p *int64, v int64) { atomic.StoreInt64(p, v) }

// storeFirst begins a frame: nobody may see what is stored behind it earlier, as in C, which has a fence there. The store alone would let
// later ones pass; it keeps its place before the load, which holds back all that comes later.
func storeFirst(p *uint64, v uint64) {
	atomic.StoreUint64(p, v)
	_ = atomic.LoadUint64(p)
}

func storeUint32(p *uint32, v uint32) { atomic.StoreUint32(p, v) }

func publishAndLeave(frame *int32, length int32, busy *uint32, position int64) int64 {
	atomic.StoreInt32(frame, length)
	atomic.StoreUint32(busy, 0)
	return position
}

func storeRelease64(p *int64, v int64) { atomic.StoreInt64(p, v) }
