import io.aeron.Aeron;
import io.aeron.ConcurrentPublication;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import org.agrona.BufferUtil;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Publishers offer, a receiver polls, each on a thread of its own; a thread with nothing to do yields. */
final class Throughput implements Contestant.Session
{
    private static final int MAX_PUBLISHERS = 16;
    private static final int PUBLISHER_SHIFT = 56;
    private static final long SEQUENCE_MASK = (1L << PUBLISHER_SHIFT) - 1;
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final int length;
    private final int publishers;
    private final boolean exclusive;
    private final boolean checked;
    private final Subscription subscription;
    private final Publication[] publications;
    private final UnsafeBuffer[] messages;
    private final long[] sent;
    private final Receiver receiver;
    private final FragmentHandler handler;

    Throughput(final Aeron aeron, final String[] words)
    {
        final String channel = words[2];
        final int stream = Integer.parseInt(words[3]);
        length = Integer.parseInt(words[4]);
        publishers = Integer.parseInt(words[5]);
        exclusive = "exclusive".equals(words[6]);
        checked = "checked".equals(words[7]);
        subscription = aeron.addSubscription(channel, stream);
        publications = new Publication[publishers];
        messages = new UnsafeBuffer[publishers];
        sent = new long[publishers];
        for (int i = 0; i < publishers; i++)
        {
            // Aeron's Java client hands a stream's concurrent publication out once for each time that it was added.
            publications[i] = exclusive ? aeron.addExclusivePublication(channel, stream) : aeron.addPublication(channel, stream);
            messages[i] = new UnsafeBuffer(BufferUtil.allocateDirectAligned((length + 127) / 64 * 64, 64));
            Contestant.await("a subscriber", publications[i]::isConnected);
        }
        Contestant.await("a publisher", subscription::isConnected);
        receiver = new Receiver(length, checked);
        handler = length > publications[0].maxPayloadLength() ? new FragmentAssembler(receiver) : receiver;
    }

    // A class's fields lie behind those of the one that it extends.
    private abstract static class Before
    {
        long b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15;
    }

    private abstract static class Counts extends Before
    {
        long received;
        long wrong;
    }

    private abstract static class Apart extends Counts
    {
        long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;
    }

    /** Counts messages, and those that are not as they were sent. What it writes lies in cache lines that publishers do not read. */
    private static final class Receiver extends Apart implements FragmentHandler
    {
        private final long[] next = new long[Contestant.APART + MAX_PUBLISHERS + Contestant.APART];
        private final int length;
        private final boolean checked;

        private Receiver(final int length, final boolean checked)
        {
            this.length = length;
            this.checked = checked;
        }

        public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header)
        {
            received++;
            if (length != this.length)
            {
                wrong++;
                return;
            }
            final long head = buffer.getLong(offset);
            final int publisher = (int)(head >>> PUBLISHER_SHIFT);
            if (publisher >= MAX_PUBLISHERS || (head & SEQUENCE_MASK) != next[Contestant.APART + publisher])
            {
                wrong++;
                return;
            }
            next[Contestant.APART + publisher]++;
            if (checked && !isFilled(buffer, offset, length, head))
            {
                wrong++;
            }
        }
    }

    private static boolean isFilled(final DirectBuffer buffer, final int offset, final int length, final long head)
    {
        long word = head * SPREAD;
        for (int at = 8; at + 8 <= length; at += 8)
        {
            if (buffer.getLong(offset + at) != ++word)
            {
                return false;
            }
        }
        return true;
    }

    private static void fill(final UnsafeBuffer message, final int length, final long head)
    {
        message.putLong(0, head);
        long word = head * SPREAD;
        for (int at = 8; at + 8 <= length; at += 8)
        {
            message.putLong(at, ++word);
        }
    }

    public long[] run(final String[] words) throws InterruptedException
    {
        final long count = Long.parseLong(words[1]);
        final long before = receiver.received;
        final long wrong = receiver.wrong;
        final CountDownLatch start = new CountDownLatch(1);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final List<Thread> threads = new ArrayList<>();
        final long[] end = new long[1];
        threads.add(thread(failure, () ->
        {
            receive(before + count, failure);
            end[0] = System.nanoTime();
        }));
        for (int i = 0; i < publishers; i++)
        {
            final int publisher = i;
            final long share = count / publishers + (publisher < count % publishers ? 1 : 0);
            threads.add(thread(failure, () ->
            {
                start.await();
                if (exclusive)
                {
                    publish((ExclusivePublication)publications[publisher], publisher, share, failure);
                }
                else
                {
                    publish((ConcurrentPublication)publications[publisher], publisher, share, failure);
                }
            }));
        }
        final long begin = System.nanoTime();
        start.countDown();
        for (final Thread thread : threads)
        {
            thread.join();
        }
        if (failure.get() != null)
        {
            throw new IllegalStateException(failure.get());
        }
        return new long[]{ end[0] - begin, receiver.received - before, receiver.wrong - wrong, publications[0].position() };
    }

    private interface Work
    {
        void run() throws Exception;
    }

    private static Thread thread(final AtomicReference<Throwable> failure, final Work work)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                work.run();
            }
            catch (final Throwable t)
            {
                failure.compareAndSet(null, t);
            }
        });
        thread.start();
        return thread;
    }

    // Two loops of the same text: each knows its type of publication, so that the compiler inlines its offer.
    private void publish(
        final ExclusivePublication publication, final int publisher, final long count, final AtomicReference<Throwable> failure)
    {
        final UnsafeBuffer message = messages[publisher];
        long head = (long)publisher << PUBLISHER_SHIFT | sent[publisher];
        for (final long end = head + count; head < end; head++)
        {
            write(message, head);
            while (!Contestant.offered(publication.offer(message, 0, length)))
            {
                stopAt(failure);
            }
        }
        sent[publisher] += count;
    }

    private void publish(
        final ConcurrentPublication publication, final int publisher, final long count, final AtomicReference<Throwable> failure)
    {
        final UnsafeBuffer message = messages[publisher];
        long head = (long)publisher << PUBLISHER_SHIFT | sent[publisher];
        for (final long end = head + count; head < end; head++)
        {
            write(message, head);
            while (!Contestant.offered(publication.offer(message, 0, length)))
            {
                stopAt(failure);
            }
        }
        sent[publisher] += count;
    }

    private void write(final UnsafeBuffer message, final long head)
    {
        if (checked)
        {
            fill(message, length, head);
        }
        else
        {
            message.putLong(0, head);
        }
    }

    private static void stopAt(final AtomicReference<Throwable> failure)
    {
        if (failure.get() != null)
        {
            throw new IllegalStateException("stopped: another thread of the run has failed");
        }
    }

    private void receive(final long until, final AtomicReference<Throwable> failure)
    {
        while (receiver.received < until)
        {
            if (subscription.poll(handler, Contestant.FRAGMENT_LIMIT) == 0)
            {
                stopAt(failure);
                Thread.yield();
            }
        }
    }

    public void close()
    {
        CloseHelper.closeAll(publications);
        CloseHelper.close(subscription);
    }
}
