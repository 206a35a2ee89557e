package aeron_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// lingering is a driver whose publications do not linger for long.
func lingering(t *testing.T) *aeron.Driver {
	t.Helper()
	cfg := config(t)
	cfg.LingerTimeout = 200 * time.Millisecond
	cfg.Settings = "timer_interval_ns=20ms"
	return start(t, cfg)
}

// logged is what both kinds of publication have.
type logged interface {
	aeron.Sender
	LogFile() string
}

func TestLogFile_isThereAndThenGone(t *testing.T) {
	for _, kind := range kinds {
		for _, transport := range transports {
			t.Run(kind.name+" "+transport.name, func(t *testing.T) {
				d := lingering(t)
				ctx := testdriver.Context(t)
				p, err := kind.add(d, ctx, transport.channel(t), 10)
				require.NoError(t, err)
				s := connect(t, d, p)
				file := p.(logged).LogFile()
				require.FileExists(t, file)
				require.Equal(t, filepath.Join(d.Dir(), "publications"), filepath.Dir(file))

				err = d.AwaitLogDeleted(ctx, p)
				require.ErrorIs(t, err, aeron.ErrInvalidArgument)
				require.ErrorContains(t, err, "close it first")
				require.NoError(t, p.Close())
				require.NoError(t, s.Close())
				require.NoError(t, d.AwaitLogDeleted(ctx, p))
				require.NoFileExists(t, file)
				require.NoError(t, d.AwaitLogDeleted(canceled(), p), "there is nothing to wait for")
				require.NoError(t, d.DeleteLogFile(p))
			})
		}
	}
}

func TestAwaitLogDeleted_endsWithItsContext(t *testing.T) {
	cfg := config(t)
	cfg.LingerTimeout = time.Minute
	d := start(t, cfg)
	p, err := d.AddPublication(testdriver.Context(t), testdriver.UDP(t), 10)
	require.NoError(t, err)
	require.NoError(t, p.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err = d.AwaitLogDeleted(ctx, p)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, p.LogFile())
	require.Equal(t, p.Channel(), typed(t, err).Channel)
	require.FileExists(t, p.LogFile())
	require.NoError(t, d.DeleteLogFile(p))
	require.NoFileExists(t, p.LogFile())
	require.NoError(t, d.AwaitLogDeleted(ctx, p))
}

func TestAwaitLogDeleted_whenTheLogIsShared(t *testing.T) {
	d := lingering(t)
	ctx := testdriver.Context(t)
	channel := testdriver.UDP(t)
	first, err := d.AddPublication(ctx, channel, 10)
	require.NoError(t, err)
	second, err := d.AddPublication(ctx, channel, 10)
	require.NoError(t, err)
	require.NotEqual(t, first.Constants().RegistrationID, second.Constants().RegistrationID)
	require.Equal(t, first.LogFile(), second.LogFile())
	require.NoError(t, first.Close())
	require.NoError(t, d.AwaitLogDeleted(ctx, first), "it is not this one's to wait for")
	require.ErrorIs(t, d.DeleteLogFile(first), aeron.ErrInUse)
	require.FileExists(t, second.LogFile())
	require.ErrorIs(t, d.DeleteLogFile(second), aeron.ErrInvalidArgument)
	require.NoError(t, second.Close())
	require.NoError(t, d.AwaitLogDeleted(ctx, second))
	require.NoFileExists(t, second.LogFile())
}

func TestLogFile_refusesWhatIsNotItsOwn(t *testing.T) {
	d, other := start(t, config(t)), start(t, config(t))
	p, err := other.AddPublication(testdriver.Context(t), "aeron:ipc", 1)
	require.NoError(t, err)
	require.NoError(t, p.Close())
	for _, pub := range []aeron.Sender{nil, (*aeron.Publication)(nil), (*aeron.ExclusivePublication)(nil), &aeron.Publication{}, p} {
		require.ErrorIs(t, d.AwaitLogDeleted(t.Context(), pub), aeron.ErrInvalidArgument)
		require.ErrorIs(t, d.DeleteLogFile(pub), aeron.ErrInvalidArgument)
	}
	require.Empty(t, d.ImageLogFile(nil))
	require.ErrorIs(t, d.DeleteImageLogFile(nil), aeron.ErrInvalidArgument)
}

// Ids begin anew with every driver: what they name may be another's.
func TestLogFile_leavesAloneWhatALaterDriverHas(t *testing.T) {
	dir := testdriver.Dir(t)
	running := startIn(t, dir)
	d := start(t, aeron.Config{External: true, Directory: dir})
	channel, other := testdriver.UDP(t), testdriver.UDP(t)
	before := publishOn(t, d, channel)
	oldImage := connect(t, d, before).Images()[0]
	require.NoError(t, running.Close())
	awaitLost(t, d)

	startIn(t, dir)
	requireUntouched := func(files ...string) {
		t.Helper()
		for _, file := range files {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
			if _, err := os.Stat(file); err != nil { // the driver had no use for the number yet
				require.NoError(t, os.WriteFile(file, nil, 0o600))
			}
		}
		require.NoError(t, d.DeleteLogFile(before))
		require.NoError(t, d.DeleteImageLogFile(oldImage))
		require.NoError(t, d.AwaitLogDeleted(canceled(), before))
		for _, file := range files {
			require.FileExists(t, file)
		}
	}
	files := []string{before.LogFile(), d.ImageLogFile(oldImage)}
	requireUntouched(files...) // before the loss is made good
	require.NoError(t, d.Start(testdriver.Context(t)))
	for _, file := range files {
		require.NoError(t, os.RemoveAll(file))
	}
	// As many adds as have given the publication its number, in any order.
	var now *aeron.ExclusivePublication
	for now == nil || now.Constants().OriginalRegistrationID < before.Constants().OriginalRegistrationID {
		now = publishOn(t, d, other)
	}
	requireUntouched(files...)
	require.NoError(t, d.Close())
	require.ErrorIs(t, d.DeleteLogFile(before), aeron.ErrClosed)
	require.ErrorIs(t, d.DeleteImageLogFile(oldImage), aeron.ErrClosed)
}

func TestDeleteImageLogFile_refusesAnotherDriversImage(t *testing.T) {
	d, other := start(t, config(t)), start(t, config(t))
	images := [2]*aeron.Image{}
	for i, of := range []*aeron.Driver{d, other} {
		images[i] = connect(t, of, publishOn(t, of, testdriver.UDP(t))).Images()[0]
	}
	require.Equal(t, images[0].Constants().CorrelationID, images[1].Constants().CorrelationID, "each driver begins with the same numbers")
	err := d.DeleteImageLogFile(images[1])
	require.ErrorIs(t, err, aeron.ErrInvalidArgument)
	require.ErrorContains(t, err, other.Dir())
	require.Empty(t, d.ImageLogFile(images[1]))
	require.FileExists(t, d.ImageLogFile(images[0]))
	require.FileExists(t, other.ImageLogFile(images[1]))
}

func TestImageLogFile(t *testing.T) {
	d := lingering(t)
	ctx := testdriver.Context(t)
	channel := testdriver.UDP(t)
	for _, c := range []struct{ subscription, publication, folder string }{
		{"aeron:ipc", "aeron:ipc", "publications"},
		{channel, channel, "images"},
		{"aeron-spy:" + channel, channel, "publications"},
	} {
		s, err := d.AddSubscription(ctx, c.subscription, 20)
		require.NoError(t, err)
		p, err := d.AddExclusivePublication(ctx, c.publication, 20)
		require.NoError(t, err)
		require.NoError(t, s.AwaitReady(ctx))
		image := s.Images()[0]
		file := d.ImageLogFile(image)
		require.FileExists(t, file, c.subscription)
		require.Equal(t, filepath.Join(d.Dir(), c.folder), filepath.Dir(file), c.subscription)
		if c.folder == "publications" {
			require.Equal(t, p.LogFile(), file)
			require.ErrorIs(t, d.DeleteImageLogFile(image), aeron.ErrInvalidArgument)
		} else {
			require.NoError(t, p.AwaitReady(ctx))
			require.NoError(t, d.DeleteImageLogFile(image))
			require.NoFileExists(t, file)
			require.NoError(t, d.DeleteImageLogFile(image))
			publish(t, p, "still readable")
			require.Equal(t, []string{"still readable"}, receive(t, s, 1))
		}
		require.NoError(t, p.Close())
		require.NoError(t, s.Close())
	}
	_, err := os.Stat(d.Dir())
	require.NoError(t, err)
}
