using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Files;

/// <summary>
/// Writes the lines of ls -l, or one array of JSON. The first 1,000 lines decide the widths of the columns, so that a
/// list of any length needs little memory.
/// </summary>
internal sealed class FileListing(Globals globals, IIpcClient ipc, bool json, CancellationToken cancelled)
{
    private const int Measured = 1_000;

    private readonly List<string[]> _first = [];
    private int[]? _widths;
    private string _separator = "[";

    /// <summary>Whether a file could not be listed.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Lists all objects of kinds.</summary>
    public async Task AddAsync(IEnumerable<NamedKind> kinds)
    {
        foreach (var kind in kinds)
        {
            await foreach (var (entry, stat) in kind.StatsAsync(ipc, cancelled))
                await WriteAsync(kind, kind.FileOf(entry.Name), entry, stat);
        }
    }

    /// <summary>Lists one object; false: there is none.</summary>
    public async Task<bool> TryAddAsync(NamedKind kind, string name, string path)
    {
        if (await kind.FindAsync(ipc, name, cancelled) is not { } found) return false;
        await WriteAsync(kind, path, found.Entry, found.Stat);
        return true;
    }

    /// <summary>Writes what is left.</summary>
    public async Task EndAsync()
    {
        if (json) await globals.Out.WriteLineAsync(_separator == "[" ? "[]" : "]");
        else if (_widths is null) await WriteFirstAsync();
    }

    private async Task WriteAsync(NamedKind kind, string file, NamedObjectEntry entry, NamedObjectStat stat)
    {
        if (json)
        {
            await globals.Out.WriteAsync(_separator + JsonOutput.Line(kind.Json(entry, stat)));
            _separator = ",\n";
            return;
        }

        string[] cells =
        [
            kind.FileType + LsipcFormat.Symbolic((uint)stat.Mode), "1", Names.User(stat.Uid), Names.Group(stat.Gid),
            stat.Size.ToString(CultureInfo.InvariantCulture), Time(stat.Ctime), file,
        ];
        if (_widths is not null)
        {
            await globals.Out.WriteLineAsync(Line(cells));
            return;
        }

        _first.Add(cells);
        if (_first.Count == Measured) await WriteFirstAsync();
    }

    private async Task WriteFirstAsync()
    {
        _widths =
            [.. Enumerable.Range(0, 5).Select(i => _first.Select(cells => cells[i].Length).DefaultIfEmpty().Max())];
        foreach (var cells in _first) await globals.Out.WriteLineAsync(Line(cells));
        _first.Clear();
    }

    // Numbers are aligned to the right, names to the left.
    private string Line(string[] cells) => string.Join(
        ' ',
        cells.Select((cell, i) => i switch
        {
            1 or 4 => cell.PadLeft(_widths![i]),
            < 4 => cell.PadRight(_widths![i]),
            _ => cell,
        }));

    // As ls(1): the year instead of the clock if the time is in the future, or more than half a year ago.
    private string Time(long seconds)
    {
        var (time, now) = (IpcsFormat.Local(seconds), globals.Time.GetUtcNow());
        var isRecent = time <= now && now - time < TimeSpan.FromDays(365.2425 / 2);
        var clock = isRecent
            ? time.ToString("HH:mm", CultureInfo.InvariantCulture)
            : time.ToString(" yyyy", CultureInfo.InvariantCulture);
        return IpcsFormat.Invariant($"{time:MMM} {time.Day,2} {clock}");
    }
}
