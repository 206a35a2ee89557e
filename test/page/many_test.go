//go:build programs

package page_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/internal/cncfile/cnctest"
	"github.com/aeroncgo/aeron/stats"
)

// A stream whose image comes and goes has an entry for each: rows that nothing tells apart. The table has them once each however often it is
// filled, and the heading counts those, too, for which there is no row.
func TestPage_manyEntriesAlike(t *testing.T) {
	dir := cnctest.Dir(t)
	cnctest.Valid(time.Now()).Write(t, dir)
	entry := make([]byte, 64)
	entry[0], entry[8], entry[32], entry[36] = 1, 64, 5, 6 // observations, bytes, session, stream
	const all, shown = 60, 50
	require.NoError(t, os.WriteFile(filepath.Join(dir, stats.LossReportFile), slices.Concat(slices.Repeat([][]byte{entry}, all)...), 0o600))
	b := open(t, serve(t, dir))
	b.await("the first state", `state !== null`)
	for range 4 {
		taken := b.text(`state.taken`)
		b.await("another state", fmt.Sprintf(`state.taken !== %q`, taken))
		require.InDelta(t, shown, b.number(`document.querySelectorAll("#loss-rows tr").length`), 0)
	}
	require.Equal(t, fmt.Sprint(all), b.text(`document.getElementById("loss-count").textContent`))
}
