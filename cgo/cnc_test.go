package cgo_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/cgo"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

func TestCnc(t *testing.T) {
	before := time.Now().UnixMilli()
	r := start(t)
	cnc, err := cgo.CncInit(r.dir, 0)
	require.NoError(t, err)
	defer cgo.CncClose(cnc)
	require.Equal(t, filepath.Join(r.dir, "cnc.dat"), cgo.CncFilename(cnc))
	info, err := cgo.CncConstants(cnc)
	require.NoError(t, err)
	require.EqualValues(t, os.Getpid(), info.PID)
	require.GreaterOrEqual(t, info.StartTimestamp, before)
	require.EqualValues(t, 1<<20, info.CounterValuesBufferLength)
	require.EqualValues(t, 4<<20, info.CounterMetadataBufferLength)
	require.EqualValues(t, 10*time.Second, info.ClientLivenessTimeout)
	require.EqualValues(t, 4096, info.FilePageSize)
	require.Positive(t, info.Version)
	require.Positive(t, info.ToDriverBufferLength)
	require.Positive(t, info.ToClientsBufferLength)
	require.Positive(t, info.ErrorLogBufferLength)
	_, err = cgo.CncConstants(cgo.Cnc{})
	require.ErrorContains(t, err, "CnC constants")
	r.step()
	require.GreaterOrEqual(t, cgo.CncToDriverHeartbeat(cnc), before)

	reader := cgo.CncCountersReader(cnc)
	require.Len(t, cgo.CountersReaderForEach(reader), len(cgo.CountersReaderForEach(cgo.ClientCountersReader(r.client))))
	require.Empty(t, cgo.CncErrorLogRead(cnc, 0))
	async, err := cgo.AddAsyncPublication(r.client, "aeron:udp?endpoint=nowhere.invalid:1", 7)
	require.NoError(t, err)
	r.await("a refusal", func() bool {
		_, ok, err := async.Poll()
		require.False(t, ok)
		return err != nil
	})
	errors := cgo.CncErrorLogRead(cnc, 0)
	require.NotEmpty(t, errors)
	require.Positive(t, errors[0].Count)
	require.GreaterOrEqual(t, errors[0].First, before)
	require.GreaterOrEqual(t, errors[0].Last, errors[0].First)
	require.Contains(t, errors[0].Text, "nowhere.invalid")
	require.Empty(t, cgo.CncErrorLogRead(cnc, errors[0].Last+time.Hour.Milliseconds()))

	_, err = cgo.CncInit(testdriver.Dir(t), 0)
	require.ErrorContains(t, err, "open CnC file")
}

func TestCnc_lossReport(t *testing.T) {
	r := start(t)
	cnc, err := cgo.CncInit(r.dir, 0)
	require.NoError(t, err)
	defer cgo.CncClose(cnc)
	losses, err := cgo.CncLossReporterRead(cnc)
	require.NoError(t, err)
	require.Empty(t, losses)
}

// C hands on the lengths that it finds.
func TestCnc_lossReportWithLengthsThatCannotBe(t *testing.T) {
	r := start(t)
	cnc, err := cgo.CncInit(r.dir, 0)
	require.NoError(t, err)
	defer cgo.CncClose(cnc)
	record := make([]byte, 64)
	binary.NativeEndian.PutUint64(record, 3)            // observations
	binary.NativeEndian.PutUint32(record[40:], 1<<32-1) // the channel's length: -1
	binary.NativeEndian.PutUint32(record[44:], 1<<32-5) // the source's; with one that leads back to this record, C would not end
	file, err := os.OpenFile(filepath.Join(r.dir, "loss-report.dat"), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(record, 0)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	losses, err := cgo.CncLossReporterRead(cnc)
	require.NoError(t, err)
	require.NotEmpty(t, losses)
	require.EqualValues(t, 3, losses[0].Count)
	require.Empty(t, losses[0].Channel+losses[0].Source)
}
