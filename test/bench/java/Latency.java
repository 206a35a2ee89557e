import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import org.agrona.BufferUtil;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Paths;

/** Round trips between two threads, each with a publication and a subscription; they yield when there is nothing to do. */
final class Latency implements Contestant.Session
{
    private final int length;
    private final Subscription pingSubscription;
    private final Subscription pongSubscription;
    private final ExclusivePublication pingPublication;
    private final ExclusivePublication pongPublication;
    private final UnsafeBuffer message;

    private volatile Throwable failure;

    Latency(final Aeron aeron, final String[] words)
    {
        length = Integer.parseInt(words[6]);
        message = new UnsafeBuffer(BufferUtil.allocateDirectAligned((length + 127) / 64 * 64, 64));
        pingSubscription = aeron.addSubscription(words[2], Integer.parseInt(words[3]));
        pongSubscription = aeron.addSubscription(words[4], Integer.parseInt(words[5]));
        pingPublication = aeron.addExclusivePublication(words[2], Integer.parseInt(words[3]));
        pongPublication = aeron.addExclusivePublication(words[4], Integer.parseInt(words[5]));
        Contestant.await("a ponger", pingPublication::isConnected);
        Contestant.await("a pinger", pongPublication::isConnected);
        Contestant.await("the ponger's image", pingSubscription::isConnected);
        Contestant.await("the pinger's image", pongSubscription::isConnected);
    }

    public long[] run(final String[] words) throws InterruptedException, IOException
    {
        final int count = Integer.parseInt(words[1]);
        final long interval = Long.parseLong(words[2]);
        final long[] samples = new long[count];
        final Thread ponger = new Thread(() -> pong(count));
        ponger.start();
        final long begin = System.nanoTime();
        final long[] counts = ping(count, interval, begin, samples);
        final long elapsed = System.nanoTime() - begin;
        ponger.join();
        if (failure != null)
        {
            throw new IllegalStateException(failure);
        }
        final ByteBuffer bytes = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(samples);
        Files.write(Paths.get(words[3]), bytes.array());
        return new long[]{ elapsed, counts[RECEIVED], counts[WRONG], 0 };
    }

    // What pinger and ponger count lies in cache lines of each one's own.
    private static final int RECEIVED = Contestant.APART;
    private static final int WRONG = RECEIVED + 1;
    private static final int ECHOED = Contestant.APART;
    private static final int COUNTS = WRONG + 1 + Contestant.APART;

    private long[] ping(final int count, final long interval, final long begin, final long[] samples)
    {
        final long[] counts = new long[COUNTS];
        final FragmentHandler onPong = (buffer, offset, length, header) ->
        {
            final long now = System.nanoTime() - begin;
            if (length < 16 || buffer.getLong(offset) != counts[RECEIVED])
            {
                counts[WRONG]++;
            }
            samples[(int)counts[RECEIVED]++] = now - buffer.getLong(offset + 8);
        };
        int sent = 0;
        while (counts[RECEIVED] < count && failure == null)
        {
            int work = 0;
            if (sent < count && (interval != 0 || sent == counts[RECEIVED]))
            {
                final long now = System.nanoTime() - begin;
                // When it was meant to start: what is late because earlier ones took long counts in full.
                final long intended = interval == 0 ? now : (sent + 1) * interval;
                if (now >= intended)
                {
                    message.putLong(0, sent);
                    message.putLong(8, intended);
                    if (Contestant.offered(pingPublication.offer(message, 0, length)))
                    {
                        sent++;
                        work++;
                    }
                }
            }
            if (work + pongSubscription.poll(onPong, Contestant.FRAGMENT_LIMIT) == 0)
            {
                Thread.yield();
            }
        }
        return counts;
    }

    private void pong(final int count)
    {
        final long[] counts = new long[COUNTS];
        final FragmentHandler onPing = (buffer, offset, length, header) ->
        {
            counts[ECHOED]++;
            while (!Contestant.offered(pongPublication.offer(buffer, offset, length)))
            {
                Thread.onSpinWait();
            }
        };
        try
        {
            while (counts[ECHOED] < count)
            {
                if (pingSubscription.poll(onPing, Contestant.FRAGMENT_LIMIT) == 0)
                {
                    Thread.yield();
                }
            }
        }
        catch (final Throwable t)
        {
            failure = t;
        }
    }

    public void close()
    {
        CloseHelper.closeAll(pingPublication, pongPublication, pingSubscription, pongSubscription);
    }
}
