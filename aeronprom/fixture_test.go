package aeronprom_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronprom"
	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

// The sizes of a counter's records.
const (
	metadataSize = 512
	valueSize    = 128
)

// counterFile is the file of a driver that has just lived, to be filled with counters.
type counterFile struct {
	bytes  []byte
	header cncfile.Header
	next   int
}

func newCounterFile(t testing.TB, heartbeat time.Time, counters int) *counterFile {
	t.Helper()
	spec := cnctest.Valid(heartbeat)
	spec.CounterValuesLength = int32(counters * valueSize)
	spec.CounterMetadataLength = int32(counters * metadataSize)
	f := &counterFile{bytes: spec.Bytes()}
	h, err := cncfile.DecodeHeader(f.bytes, int64(len(f.bytes)))
	require.NoError(t, err)
	f.header = h
	return f
}

// add allocates a counter with a registration id and an owner.
func (f *counterFile) add(typeID int32, key []byte, label string, value, registration, owner int64) {
	m := f.bytes[f.header.CounterMetadataOffset()+int64(f.next*metadataSize):][:metadataSize]
	v := f.bytes[f.header.CounterValuesOffset()+int64(f.next*valueSize):][:valueSize]
	f.next++
	le := binary.LittleEndian
	le.PutUint32(m, 1)
	le.PutUint32(m[4:], uint32(typeID))
	le.PutUint64(m[8:], uint64(stats.NotFreeForReuse))
	copy(m[16:128], key)
	le.PutUint32(m[128:], uint32(copy(m[132:], label)))
	le.PutUint64(v, uint64(value))
	le.PutUint64(v[8:], uint64(registration))
	le.PutUint64(v[16:], uint64(owner))
}

func (f *counterFile) system(id int32, value int64) {
	f.add(stats.TypeSystem, binary.LittleEndian.AppendUint32(nil, uint32(id)), fmt.Sprintf("system %d", id), value, 0, 0)
}

func (f *counterFile) client(id int64, name string) {
	f.add(stats.TypeClientHeartbeat, binary.LittleEndian.AppendUint64(nil, uint64(id)),
		fmt.Sprintf("client-heartbeat: id=%d name=%s version=1.54.0 commit=abc", id, name), time.Now().UnixMilli(), id, id)
}

// stream adds a counter of stream 10.
func (f *counterFile) stream(typeID int32, registration int64, session int32, channel string, value, owner int64) {
	key := binary.LittleEndian.AppendUint64(nil, uint64(registration))
	key = binary.LittleEndian.AppendUint32(key, uint32(session))
	key = binary.LittleEndian.AppendUint32(key, 10)
	key = binary.LittleEndian.AppendUint32(key, uint32(len(channel)))
	f.add(typeID, append(key, channel...), stats.TypeName(typeID), value, registration, owner)
}

func (f *counterFile) write(t testing.TB, dir string) {
	t.Helper()
	cnctest.WriteBytes(t, dir, f.bytes)
}

// series are values by name and labels, less the label driver.
type series map[string]float64

// gather collects as a registry does, which refuses what is inconsistent.
func gather(t *testing.T, c prometheus.Collector) series {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(c))
	families, err := registry.Gather()
	require.NoError(t, err)
	all := series{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, l := range m.GetLabel() {
				if l.GetName() != "driver" {
					name += fmt.Sprintf(" %s=%s", l.GetName(), l.GetValue())
				}
			}
			all[name] = value(m)
		}
	}
	return all
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.GetCounter().GetValue()
	case m.Gauge != nil:
		return m.GetGauge().GetValue()
	default:
		return m.GetUntyped().GetValue()
	}
}

func newCollector(t *testing.T, dir string, o aeronprom.Options) *aeronprom.Collector {
	t.Helper()
	c, err := aeronprom.New(dir, o)
	require.NoError(t, err)
	return c
}
