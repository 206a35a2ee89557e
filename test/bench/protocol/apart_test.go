package protocol

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Nothing that another thread writes may lie in the cache lines of what one writes for every message.
func TestNewMessage_hasItsCacheLinesForItself(t *testing.T) {
	for _, length := range []int{16, 32, 64, 128, 288, 1344, 16384} {
		type span struct{ begin, end uintptr }
		var spans []span
		for range 20 {
			m := NewMessage(length)
			require.Len(t, m, length)
			require.Equal(t, length, cap(m), "an append would write behind it")
			begin := reflect.ValueOf(m).Pointer()
			require.Zero(t, begin%lineLength, "length %d", length)
			spans = append(spans, span{begin / lineLength, (begin + uintptr(length) - 1) / lineLength})
		}
		for i, a := range spans {
			for _, b := range spans[:i] {
				require.True(t, a.end < b.begin || b.end < a.begin, "length %d: two messages in one line", length)
			}
		}
	}
}

func TestStopCheckerAndPinger_keepApart(t *testing.T) {
	for _, v := range []any{Checker{}, Pinger{}} {
		kind := reflect.TypeOf(v)
		var fields []reflect.StructField
		for _, f := range reflect.VisibleFields(kind) {
			if f.Name != "_" {
				fields = append(fields, f)
			}
		}
		last := fields[len(fields)-1]
		require.GreaterOrEqual(t, fields[0].Offset, uintptr(lineLength), "%s: before %s", kind, fields[0].Name)
		require.GreaterOrEqual(t, kind.Size()-last.Offset-last.Type.Size(), uintptr(lineLength), "%s: behind %s", kind, last.Name)
	}
	require.False(t, NewStop().Load())
}
