using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Byte streams: for each FIFO a client that writes records of 8 bytes, which are numbered from 0, and a client that reads
/// them. Each makes one call at a time.
/// </summary>
internal sealed class Streams(WorkloadOptions options, WorkloadObjects objects, Caller caller, RateLimit rate)
{
    private const int RecordBytes = sizeof(ulong);
    private const int MostRecords = 2_000;    // 16,000 bytes: some pages, so a write is divided now and then
    private const int ReadBytes = 24_000;

    private static readonly TimeSpan WriteWait = TimeSpan.FromSeconds(2);

    private readonly ulong[] _next = new ulong[objects.Streams.Length]; // of the writer

    public int Count => objects.Streams.Length;

    /// <summary>Writes until it is stopped.</summary>
    public async Task WriteUntilStoppedAsync(ClientSlot slot, int index, CancellationToken stop)
    {
        var random = new Random(unchecked((options.Seed * 1_000_003) + 500_000 + index));
        while (!stop.IsCancellationRequested)
        {
            await rate.WaitAsync(stop).ConfigureAwait(false);
            var client = await slot.GetAsync(stop).ConfigureAwait(false);
            if (!await WriteAsync(slot, client, index, random.Next(1, MostRecords)).ConfigureAwait(false)) return;
        }
    }

    /// <summary>Reads until it is stopped.</summary>
    public async Task ReadUntilStoppedAsync(ClientSlot slot, int index, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await rate.WaitAsync(stop).ConfigureAwait(false);
            var client = await slot.GetAsync(stop).ConfigureAwait(false);
            if (await ReadAsync(slot, client, index, options.Wait).ConfigureAwait(false) is null) return;
        }
    }

    /// <summary>Reads what is left.</summary>
    public async Task DrainAsync(ClientSlot slot, CancellationToken cancelled)
    {
        for (var index = 0; index < Count; index++)
        {
            Operation? read;
            do
            {
                var client = await slot.GetAsync(cancelled).ConfigureAwait(false);
                read = await ReadAsync(slot, client, index, TimeSpan.Zero).ConfigureAwait(false);
            }
            while (read is { IsOk: true } or { Outcome: Outcome.Unknown });
        }
    }

    private async Task<bool> WriteAsync(ClientSlot slot, NumberedClient client, int index, int count)
    {
        var first = _next[index];
        var data = new byte[count * RecordBytes];
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(i * RecordBytes), first + (ulong)i);
        var call = new Operation
        {
            Object = WorkloadObjects.Stream(index), Call = CallKind.StreamWrite, Value = first, Expected = (ulong)count,
        };
        var ended = await caller.CallAsync(slot, client, call, async recorded =>
        {
            var fifo = await client.OpenFifoAsync(objects.Streams[index].Name, OpenFlags.WriteOnly).ConfigureAwait(false);
            var written = await fifo.WriteAsync(data, WriteWait).ConfigureAwait(false);
            recorded.Returned((ulong)(written / RecordBytes));
        }).ConfigureAwait(false);
        // Nobody knows whether a write of a lost process has entered, so its numbers are not used again.
        _next[index] += ended switch
        {
            { IsOk: true } => ended.Result,
            { IsOpen: true } => (ulong)count,
            _ => 0,
        };
        return ended is not null;
    }

    private Task<Operation?> ReadAsync(ClientSlot slot, NumberedClient client, int index, TimeSpan wait)
    {
        var call = new Operation
        {
            Object = WorkloadObjects.Stream(index), Call = CallKind.StreamRead, NoWait = wait == TimeSpan.Zero,
        };
        return caller.CallAsync(slot, client, call, async recorded =>
        {
            var fifo = await client.OpenFifoAsync(objects.Streams[index].Name, OpenFlags.ReadOnly).ConfigureAwait(false);
            var buffer = new byte[ReadBytes];
            try
            {
                var count = await fifo.ReadAsync(buffer, wait).ConfigureAwait(false);
                recorded.Read(RecordsOf(buffer.AsSpan(0, count)));
            }
            catch (IpcTimeoutException)
            {
                recorded.Refused(Errno.EAGAIN);
            }
        });
    }

    // FIRST+COUNT for each run of numbers. What is no whole record is named with its bytes, and a checker refuses it.
    private static string RecordsOf(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        var (first, count) = (0UL, 0UL);
        for (var at = 0; at + RecordBytes <= data.Length; at += RecordBytes)
        {
            var record = BinaryPrimitives.ReadUInt64LittleEndian(data[at..]);
            if (count > 0 && record == first + count)
            {
                count++;
                continue;
            }

            Append();
            (first, count) = (record, 1);
        }

        Append();
        if (data.Length % RecordBytes != 0) text.Append(CultureInfo.InvariantCulture, $"{data.Length} bytes ");
        return text.ToString().TrimEnd();

        void Append()
        {
            if (count > 0) text.Append(CultureInfo.InvariantCulture, $"{first}+{count} ");
        }
    }
}
