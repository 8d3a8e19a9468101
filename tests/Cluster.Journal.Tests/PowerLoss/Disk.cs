namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>The files of a record up to a step, of which a power loss may keep this or that.</summary>
internal sealed class Disk
{
    private readonly Dictionary<string, DiskFile> _files = [];
    private readonly Dictionary<string, DiskFile> _removed = []; // the removal may be lost

    /// <summary>The last commit that the program has begun, and the last one that it has answered.</summary>
    public (int Began, int Answered) Commits { get; private set; }

    /// <summary>Goes one step on.</summary>
    public void Go(DiskRecord.Step step)
    {
        switch (step.What)
        {
            case DiskRecord.Kind.Began:
                Commits = Commits with { Began = (int)step.At };
                break;
            case DiskRecord.Kind.Answered:
                Commits = Commits with { Answered = (int)step.At };
                break;
            case DiskRecord.Kind.Sync:
                var synced = Of(step.Path);
                // With the first sync of a WAL or of a rollback journal SQLite syncs its folder.
                if (!synced.IsThere && !step.Path.EndsWith(".db", StringComparison.Ordinal)) _removed.Clear();
                _removed.Remove(step.Path);
                synced.Sync();
                break;
            case DiskRecord.Kind.Remove or DiskRecord.Kind.RemoveForGood:
                if (_files.Remove(step.Path, out var file) && file.IsThere && step.What is DiskRecord.Kind.Remove)
                    _removed[step.Path] = file;
                else if (step.What is DiskRecord.Kind.RemoveForGood)
                    _removed.Remove(step.Path);
                break;
            default:
                Of(step.Path).Add(step);
                break;
        }
    }

    /// <summary>Writes what a power loss leaves into a folder.</summary>
    public void AfterPowerLoss(string folder, Random random)
    {
        foreach (var path in _files.Keys.Union(_removed.Keys))
        {
            var target = Path.Combine(folder, Path.GetFileName(path));
            var file = _files.GetValueOrDefault(path);
            if (file is not { IsThere: true } && random.Next(2) == 0) file = _removed.GetValueOrDefault(path);
            if (file is null) File.Delete(target);
            else Write(target, file.AfterPowerLoss(random).Span);
        }
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, bytes, 0);
    }

    private DiskFile Of(string path)
    {
        if (!_files.TryGetValue(path, out var file)) _files.Add(path, file = new DiskFile());
        return file;
    }
}
