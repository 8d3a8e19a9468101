using System.Globalization;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Journals;

/// <summary>
/// A file system of its own for the journal: ext4 in a file, on a loop device. The experiment fills it, makes its files
/// immutable, and freezes it (fsfreeze(8): every write waits).
/// </summary>
internal sealed class LabDisk(string work) : IAsyncDisposable
{
    private const long Bytes = 256L << 20;
    private const long Rest = 256 << 10;
    private const int Block = 1 << 12;

    private static readonly TimeSpan Frozen = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Thawed = TimeSpan.FromMilliseconds(100);

    private bool _isMounted;
    private bool _isFrozen;

    /// <summary>The directory in which it is mounted.</summary>
    public string Folder => Path.Combine(work, "disk");

    private string Image => Path.Combine(work, "disk.img");

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Makes and mounts it.</summary>
    /// <exception cref="ExperimentException">It cannot be made or mounted here.</exception>
    public async Task OpenAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new ExperimentException("a disk of its own needs root: run it with sudo, or choose another experiment");
        Directory.CreateDirectory(Folder);
        await using (var image = File.Create(Image)) image.SetLength(Bytes);
        // No blocks are reserved for root: the disk is full for everybody at once.
        await ExternalProgram.RunAsync("mkfs.ext4", "-q", "-m", "0", Image).ConfigureAwait(false);
        await ExternalProgram.RunAsync("mount", "-o", "loop", Image, Folder).ConfigureAwait(false);
        _isMounted = true;
    }

    /// <summary>Makes a file that takes all free space.</summary>
    public async Task FillAsync()
    {
        var most = new DriveInfo(Folder).AvailableFreeSpace - Rest;
        if (most > 0)
            await ExternalProgram.RunAsync("fallocate", "-l", $"{most}", Ballast).ConfigureAwait(false);
        await using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[Block];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // That was the last block.
        }
    }

    /// <summary>Removes that file.</summary>
    public void MakeRoom() => File.Delete(Ballast);

    /// <summary>
    /// Makes all files and directories immutable (chattr(1)): writes through open files fail too, which a read-only
    /// mount does not permit while files are open for writing. SQLite's shared memory stays writable: a write through
    /// memory to a file that cannot be written ends the process with SIGBUS (mmap(2)).
    /// </summary>
    public async Task MakeReadOnlyAsync()
    {
        string[] entries =
        [
            .. Directory.EnumerateFileSystemEntries(Folder)
                .Where(entry => !entry.EndsWith("-shm", StringComparison.Ordinal)),
        ];
        await ChangeAsync(["-R", "+i", .. entries]).ConfigureAwait(false);
        await ChangeAsync("+i", Folder).ConfigureAwait(false);
    }

    /// <summary>Permits writes again.</summary>
    public Task MakeWritableAsync() => ChangeAsync("-R", "-i", Folder);

    /// <summary>Makes every write wait.</summary>
    public async Task FreezeAsync()
    {
        await ExternalProgram.RunAsync("fsfreeze", "--freeze", Folder).ConfigureAwait(false);
        _isFrozen = true;
    }

    /// <summary>Lets the writes go on.</summary>
    public async Task ThawAsync()
    {
        if (!_isFrozen) return;
        await ExternalProgram.RunAsync("fsfreeze", "--unfreeze", Folder).ConfigureAwait(false);
        _isFrozen = false;
    }

    /// <summary>Makes most writes wait for a part of a second.</summary>
    public async Task BeSlowAsync(TimeSpan duration, CancellationToken cancelled)
    {
        var from = LabClock.Now;
        while (LabClock.Seconds(from, LabClock.Now) < duration.TotalSeconds)
        {
            await FreezeAsync().ConfigureAwait(false);
            await Task.Delay(Frozen, CancellationToken.None).ConfigureAwait(false);
            await ThawAsync().ConfigureAwait(false);
            await Task.Delay(Thawed, cancelled).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isMounted) return;
        await ThawAsync().ConfigureAwait(false);
        await ExternalProgram.TryAsync("umount", "--lazy", Folder).ConfigureAwait(false);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"ext4 of {Bytes >> 20} MiB in {Image}");

    // A socket cannot be immutable, and a file may be removed meanwhile, so the exit code says nothing.
    private static async Task ChangeAsync(params string[] arguments)
    {
        var (code, error) = await ExternalProgram.TryAsync("chattr", arguments).ConfigureAwait(false);
        if (code == ExternalProgram.NotFound) throw new ExperimentException($"chattr: {error}");
    }
}
