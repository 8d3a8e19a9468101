namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>A file as the disk has it for certain, and what was done to it since its last sync.</summary>
internal sealed class DiskFile
{
    private readonly List<DiskRecord.Step> _unsynced = [];
    private byte[] _synced = new byte[64 * 1024];
    private int _length;

    /// <summary>Whether a sync has made the file itself durable.</summary>
    public bool IsThere { get; private set; }

    /// <summary>A write or a truncation, which may reach the disk at any time.</summary>
    public void Add(DiskRecord.Step step) => _unsynced.Add(step);

    /// <summary>All before it is on the disk.</summary>
    public void Sync()
    {
        IsThere = true;
        foreach (var step in _unsynced) (_synced, _length) = Apply(_synced, _length, step, 0, step.Bytes.Length);
        _unsynced.Clear();
    }

    /// <summary>
    /// What the disk may have after a power loss: what was synced, and of the rest any part. A write may be torn at the
    /// borders of sectors or of pages.
    /// </summary>
    public ReadOnlyMemory<byte> AfterPowerLoss(Random random)
    {
        var kept = random.Next(5) switch { 0 => 0.0, 1 => 0.1, 2 => 0.5, 3 => 0.9, _ => 1.0 };
        var border = random.Next(3) switch { 0 => 512, 1 => 4096, _ => int.MaxValue };
        var bytes = _synced.AsSpan(0, _length).ToArray();
        var length = _length;
        foreach (var step in _unsynced)
        {
            if (step.What is DiskRecord.Kind.Truncate)
            {
                if (random.NextDouble() < kept) (bytes, length) = Apply(bytes, length, step, 0, 0);
                continue;
            }

            for (var from = 0; from < step.Bytes.Length;)
            {
                var left = border == int.MaxValue ? step.Bytes.Length : border - (int)((step.At + from) % border);
                var to = Math.Min(step.Bytes.Length, from + left);
                if (random.NextDouble() < kept) (bytes, length) = Apply(bytes, length, step, from, to);
                from = to;
            }
        }

        return bytes.AsMemory(0, length);
    }

    private static (byte[] Bytes, int Length) Apply(byte[] bytes, int length, DiskRecord.Step step, int from, int to)
    {
        if (step.What is DiskRecord.Kind.Truncate)
        {
            Reach((int)step.At);
            if (step.At < length) bytes.AsSpan((int)step.At, length - (int)step.At).Clear();
            return (bytes, (int)step.At);
        }

        Reach((int)step.At + to);
        step.Bytes.AsSpan(from, to - from).CopyTo(bytes.AsSpan((int)step.At + from));
        return (bytes, Math.Max(length, (int)step.At + to));

        void Reach(int end)
        {
            if (end > bytes.Length) Array.Resize(ref bytes, Math.Max(end, bytes.Length * 2));
        }
    }
}
