package faults

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// runMapper is a client that maps the logs of streams that it is told of: "publication 7", "subscription 7". It answers what became of each,
// and whether a stream of its own goes on.
func runMapper(dir string, _ []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), bounded(2*time.Minute, 20*time.Minute))
	defer cancel()
	d, err := begun(ctx, aeron.Config{Directory: dir, External: true, ClientIdle: 200 * time.Microsecond})
	if err != nil {
		return err
	}
	var reported atomic.Int64
	defer d.OnError(func(error) { reported.Add(1) })()
	pub, own, err := ipcStream(ctx, d, ownStream)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		kind, text, _ := strings.Cut(lines.Text(), " ")
		stream, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return err
		}
		var fate string
		before := reported.Load()
		if kind == "publication" {
			fate, err = mapPublication(ctx, d, int32(stream))
		} else {
			fate, err = mapImage(ctx, d, int32(stream), func() bool { return reported.Load() > before })
		}
		if err := errors.Join(err, pour(pub, own, 10, 100)); err != nil {
			return fmt.Errorf("%s of stream %d: %w", kind, stream, err)
		}
		fmt.Println("fate", fate)
	}
	return d.Close()
}

// mapPublication adds a publication, and writes to it if it is there: whatever comes of that must be typed.
func mapPublication(ctx context.Context, d *aeron.Driver, stream int32) (string, error) {
	pub, err := d.AddPublication(ctx, "aeron:ipc", stream)
	if err != nil {
		if errors.Is(err, aeronc.ErrLayout) {
			return "refused by Go", nil
		}
		return "refused", typed(err)
	}
	if err := write(pub, pub.MaxMessageLength()); err != nil {
		return "", err
	}
	return "mapped", pub.Close()
}

// writable is what all publications have.
type writable interface {
	Offer(message []byte) (int64, error)
	OfferVectored(parts ...[]byte) (int64, error)
	TryClaim(length int) (aeronc.Claim, error)
	Position() (int64, error)
}

// write writes in several ways to a publication whose log may be damaged: whatever comes of that must be typed.
func write(pub writable, longest int) error {
	for n := range 40 {
		length := []int{0, 32, 1000, 1 << 13, longest}[n%5]
		_, err := pub.Offer(make([]byte, max(0, min(length, 1<<20))))
		_, err2 := pub.Position()
		_, err3 := pub.OfferVectored(make([]byte, 100), make([]byte, 100))
		claim, err4 := pub.TryClaim(64)
		if err4 == nil {
			copy(claim.Data(), "claimed")
			err4 = claim.Commit()
		}
		if err := errors.Join(typed(err), typed(err2), typed(err3), typed(err4)); err != nil {
			return err
		}
	}
	return nil
}

// mapImage adds a subscription, and polls its image if one comes.
func mapImage(ctx context.Context, d *aeron.Driver, stream int32, told func() bool) (string, error) {
	sub, err := d.AddSubscription(ctx, "aeron:ipc", stream)
	if err != nil {
		return "", err
	}
	fate := ""
	for deadline := time.Now().Add(testdriver.Patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if told() {
			fate = "refused"
			break
		}
		if len(sub.Images()) > 0 {
			fate = "mapped"
			break
		}
	}
	if fate == "" {
		return "", errors.New("there is neither an image nor an error")
	}
	for range 40 {
		_, err := sub.Poll(func(f aeron.Fragment) { _ = len(f.Data()) }, 10)
		_, err2 := sub.PollMessages(func(m aeron.Message) { _ = len(m.Data()) }, 10)
		for _, err := range []error{err, err2} {
			if err := typed(err); err != nil {
				return "", err
			}
		}
		for _, image := range sub.Images() {
			_, _ = image.Position(), image.Constants()
		}
	}
	return fate, sub.Close()
}

// typed lets through what a user can handle, and returns what not.
func typed(err error) error {
	var e *aeron.Error
	for _, known := range []error{aeron.ErrCorruptFrame, aeron.ErrClosed, aeron.ErrMaxPositionExceeded, aeron.ErrMessageTooLong, aeron.ErrInvalidArgument,
		aeron.ErrBatchFull, aeron.ErrClaimUnblocked} {
		if err == nil || passing(err) || errors.Is(err, known) || errors.As(err, &e) {
			return nil
		}
	}
	return fmt.Errorf("an error of no type: %w", err)
}

// damage is a way to damage a log.
type damage struct {
	what string
	at   int // of the metadata, if it is there only
	to   func(whole []byte) []byte
}

// edged are ways to damage a log: each word of what its metadata says is one that something may stumble over.
func edged() (damages []damage) {
	for at := 0; at < 456; at += 4 {
		if at >= 28 && at < 128 || at >= 144 && at < 256 || at >= 352 && at < 448 {
			continue // nothing is there
		}
		values := []uint32{0, 32, 33, 64, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1}
		if *full {
			values = append(values, 1, 2, 31, 1<<20, 1<<30, 1<<31-32, 1<<32-32)
		}
		for _, value := range values {
			damages = append(damages, damage{fmt.Sprintf("%#x at %d of the metadata", value, at), at, func(whole []byte) []byte {
				binary.LittleEndian.PutUint32(whole[len(whole)-logMetadata+at:], value)
				return whole
			}})
		}
	}
	return damages
}

// cutOff are logs that end too soon.
func cutOff(r *rand.Rand) (damages []damage) {
	for _, length := range cuts(r, 3*64<<10+logMetadata) {
		damages = append(damages, damage{fmt.Sprint("cut off at ", length), -1, func(whole []byte) []byte { return cutFile(whole, length) }})
	}
	return damages
}

// Somebody who may write the driver's directory puts a log that is cut off, or whose metadata has bytes flipped, in the place of one before a
// client maps it, which takes a log that several clients have. Who cuts off a file that is mapped kills whoever reads it by SIGBUS, which no
// Go code can catch: see docs/SECURITY.md.
func TestDamagedLog_thatAClientMaps(t *testing.T) {
	figures.Begin(t)
	base := shmBase(t)
	dir := base + "/driver"
	driver := start(t, "driver", dir)
	driver.expect("started")
	holder := opened(t, aeron.Config{Directory: dir, External: true, ClientIdle: 200 * time.Microsecond}) // as patient as Aeron's default
	ctx, cancel := context.WithTimeout(t.Context(), bounded(2*time.Minute, 20*time.Minute))               // for all of them
	defer cancel()
	r := rand.New(rand.NewPCG(13, 14))
	mapper := start(t, "mapper", dir)
	mapper.expect("ready")
	fates := map[string]int{}
	damages := edged()
	damages = append(damages, cutOff(r)...)
	for n := range flips() {
		damages = append(damages, damage{fmt.Sprint("random ", n), -1, func(whole []byte) []byte { return flippedFile(r, whole) }})
	}
	for n := range 2 * len(damages) {
		stream := int32(1000 + n)
		pub, err := holder.AddPublication(ctx, "aeron:ipc", stream)
		require.NoError(t, err)
		whole, err := os.ReadFile(pub.LogFile())
		require.NoError(t, err)
		fresh := filepath.Join(base, "fresh")
		require.NoError(t, os.WriteFile(fresh, damages[n/2].to(whole), 0o600))
		require.NoError(t, os.Rename(fresh, pub.LogFile()))
		kind := []string{"publication", "subscription"}[n%2]
		mapper.tell(fmt.Sprint(kind, " ", stream))
		fate, alive := mapper.told("fate")
		require.True(t, alive, "a client is dead, of a %s with %s: %v\n%s", kind, damages[n/2].what, mapper.err, mapper.last())
		fates[kind+" "+fate]++
		require.NoError(t, pub.Close())
	}
	require.NoError(t, mapper.in.Close())
	mapper.succeed()
	require.NoError(t, holder.Err())
	require.GreaterOrEqual(t, fates["publication refused by Go"], 7, "those with an MTU that cannot be: C would divide by it")
	for _, fate := range []string{"refused", "mapped"} {
		require.Positive(t, fates["publication "+fate])
		require.Positive(t, fates["subscription "+fate])
	}
	mapped := fates["publication mapped"] + fates["subscription mapped"]
	figures.Record(t, "damaged logs that a client was to map, that it worked with", fmt.Sprint(2*len(damages), ", ", mapped))
}
