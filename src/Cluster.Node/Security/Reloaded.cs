namespace Cluster.Node.Security;

/// <summary>
/// Something that is read from files, and read again after they have changed. While they cannot be read, the former one
/// stays in use. Files are looked at when they are needed, at most once a second.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="read">Reads them. It throws if they make no sense.</param>
/// <param name="told">Called after each attempt to read them again; null: it succeeded.</param>
/// <param name="time">The clock.</param>
internal sealed class Reloaded<T>(
    IReadOnlyList<string> files, Func<T> read, Action<Exception?> told, TimeProvider time)
    where T : class
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private T? _current;
    private string _seen = "";
    private long _lookedAt;

    /// <summary>Reads the files for the first time.</summary>
    /// <exception cref="Exception">As the function throws.</exception>
    public void Load()
    {
        lock (_gate)
        {
            _seen = Look();
            _current = read();
            _lookedAt = time.GetTimestamp();
        }
    }

    /// <summary>What the files say.</summary>
    public T Current
    {
        get
        {
            lock (_gate)
            {
                if (time.GetElapsedTime(_lookedAt) >= Interval) Refresh();
                return _current ?? throw new InvalidOperationException("the files were not read yet");
            }
        }
    }

    private void Refresh()
    {
        _lookedAt = time.GetTimestamp();
        var seen = Look();
        if (seen == _seen) return;
        _seen = seen;
        try
        {
            _current = read();
            told(null);
        }
        catch (Exception exception)
        {
            // A file may be half written: it is read again when it has changed once more.
            told(exception);
        }
    }

    private string Look() => string.Join('|', files.Select(file =>
    {
        var info = new FileInfo(file);
        return info.Exists ? $"{info.LastWriteTimeUtc.Ticks} {info.Length}" : "none";
    }));
}
