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
    private const int LargeBlock = 1 << 20;
    private const int SmallBlock = 1 << 12;

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

    /// <summary>Writes a file that takes all free space.</summary>
    public Task FillAsync() => Task.Run(() =>
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[LargeBlock];
        for (var size = LargeBlock; size >= SmallBlock; size = size == LargeBlock ? SmallBlock : 0)
        {
            try
            {
                while (true) file.Write(block, 0, size);
            }
            catch (IOException)
            {
                // No block of this size has room.
            }
        }
    });

    /// <summary>Removes that file.</summary>
    public void MakeRoom() => File.Delete(Ballast);

    /// <summary>
    /// Makes all files and directories immutable (chattr(1)): writes through open files fail too, which a read-only
    /// mount does not permit while files are open for writing.
    /// </summary>
    public Task MakeReadOnlyAsync() => ChangeAsync("+i");

    /// <summary>Permits writes again.</summary>
    public Task MakeWritableAsync() => ChangeAsync("-i");

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
    private async Task ChangeAsync(string how)
    {
        var (code, error) = await ExternalProgram.TryAsync("chattr", "-R", how, Folder).ConfigureAwait(false);
        if (code == ExternalProgram.NotFound) throw new ExperimentException($"chattr: {error}");
    }
}
