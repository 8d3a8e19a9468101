using System.Collections.Concurrent;
using System.Globalization;
using Cluster.Agent.Processes;

namespace Cluster.Agent.Memory;

/// <summary>
/// The segments that programs of this host have attached. A host has a segment as a whole: a second one that attaches it
/// meanwhile is refused (EBUSY).
/// </summary>
internal sealed class HostMemory : IAsyncDisposable
{
    /// <summary>How often changes are written back: what a host that dies can lose.</summary>
    private static readonly TimeSpan WriteBackEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Realm, int Id), HostSegment> _segments = new();
    private readonly ConcurrentDictionary<long, (HostSegment Segment, Attachment Attachment)> _attachments = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _writing;
    private long _serial;
    private long _number;

    public HostMemory(TimeProvider time)
    {
        _timer = new PeriodicTimer(WriteBackEvery, time);
        _writing = WriteBackAsync();
    }

    /// <summary>Attaches a segment for a program.</summary>
    /// <param name="realm">The cluster and the namespace.</param>
    /// <param name="id">The segment.</param>
    /// <param name="flags">Of shmat(2).</param>
    /// <param name="process">The program.</param>
    /// <param name="files">Its session.</param>
    /// <returns>The errno, or the segment and the attachment.</returns>
    public async Task<(Errno Errno, HostSegment Segment, Attachment? Attachment)> AttachAsync(
        string realm, int id, int flags, LinuxProcess process, FileSession files)
    {
        while (true)
        {
            var segment = _segments.GetOrAdd(
                (realm, id), key => new HostSegment(key.Id, Interlocked.Increment(ref _serial)));
            await segment.Gate.WaitAsync().ConfigureAwait(false);
            try
            {
                if (segment.IsGone)
                    continue;
                var (errno, attachment) = await AttachAsync(segment, flags, process, files).ConfigureAwait(false);
                EndIfUnused(realm, segment);
                if (attachment is not null)
                    process.AtEnd(attachment, () => DetachAsync(realm, process, attachment.Number));
                return (errno, segment, attachment);
            }
            finally
            {
                segment.Gate.Release();
            }
        }
    }

    /// <summary>Detaches: what was changed is written back before. False: there is no such attachment.</summary>
    public async Task<bool> DetachAsync(string realm, LinuxProcess process, long number)
    {
        if (!_attachments.TryGetValue(number, out var found) || found.Attachment.Process != process)
            return false;
        var (segment, attachment) = found;
        await segment.Gate.WaitAsync().ConfigureAwait(false);
        try
        {
            // Whoever comes second has waited here until it is detached.
            if (!segment.Attachments.ContainsKey(number))
                return false;
            await QuietlyAsync(segment.WriteBackAsync).ConfigureAwait(false);
            segment.Attachments.Remove(number);
            await QuietlyAsync(() => DetachAsync(segment, attachment)).ConfigureAwait(false);
            _attachments.TryRemove(number, out _);
            process.NotAtEnd(attachment);
            attachment.Files.Release();
            EndIfUnused(realm, segment);
            return true;
        }
        finally
        {
            segment.Gate.Release();
        }
    }

    /// <summary>
    /// A process has no connection any more. If it lives, it may have called exec(2), which detaches: /proc/PID/maps says
    /// what it still has.
    /// </summary>
    public async Task DetachUnmappedAsync(string realm, LinuxProcess process)
    {
        var own = _attachments.Values.Where(found => found.Attachment.Process == process).ToList();
        if (own.Count == 0 || process.HasEnded)
            return;
        string maps;
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/maps");
            maps = await File.ReadAllTextAsync(path).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return; // It ends just now, or is not to be looked into: its end detaches.
        }

        foreach (var (segment, attachment) in own)
        {
            if (!maps.Contains(segment.Name + " ", StringComparison.Ordinal))
                await DetachAsync(realm, process, attachment.Number).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _writing.ConfigureAwait(false);
        foreach (var segment in _segments.Values)
            await WriteBackAsync(segment).ConfigureAwait(false);
    }

    private async Task<(Errno Errno, Attachment? Attachment)> AttachAsync(
        HostSegment segment, int flags, LinuxProcess process, FileSession files)
    {
        var call = new Call { Shmat = new ShmAt { Flags = flags } };
        var grant = await files.Session.TakeAsync(segment.Target, call, "shmat", CancellationToken.None)
            .ConfigureAwait(false);
        if (!grant.Taken)
            return ((Errno)grant.Result!.Errno, null);
        var attachment = new Attachment(
            Interlocked.Increment(ref _number), process, files, grant.Result!.ShmAttachment, grant.Pid);
        var errno = segment.IsLoaded ? Errno.None : await LoadAsync(segment, attachment).ConfigureAwait(false);
        if (errno != Errno.None)
        {
            await QuietlyAsync(() => DetachAsync(segment, attachment)).ConfigureAwait(false);
            return (errno, null);
        }

        files.Take();
        segment.Attachments.Add(attachment.Number, attachment);
        _attachments[attachment.Number] = (segment, attachment);
        return (Errno.None, attachment);
    }

    // The first attachment of this host has to be the only one in the cluster.
    private static async Task<Errno> LoadAsync(HostSegment segment, Attachment attachment)
    {
        var stat = new Call { Shmstat = new ShmStat { Any = true } };
        var asked = await attachment.Files.Session
            .TakeAsync(segment.Target, stat, "shmat", CancellationToken.None, ofPid: attachment.Pid)
            .ConfigureAwait(false);
        if (!asked.Taken)
            return (Errno)asked.Result!.Errno;
        if (asked.Result!.SegmentStat.Nattch > 1)
            return Errno.EBUSY;
        var isLoaded = await segment.LoadAsync(attachment, asked.Result.SegmentStat.Extents == 0).ConfigureAwait(false);
        return isLoaded ? Errno.None : Errno.ENOMEM;
    }

    private static async Task DetachAsync(HostSegment segment, Attachment attachment)
    {
        var call = new Call { Shmdt = new ShmDt { Attachment = attachment.Own.Id } };
        await attachment.Files.Session
            .TakeAsync(segment.Target, call, "shmdt", CancellationToken.None, ofPid: attachment.Pid)
            .ConfigureAwait(false);
    }

    private void EndIfUnused(string realm, HostSegment segment)
    {
        if (segment.Attachments.Count > 0)
            return;
        segment.IsGone = true;
        segment.Dispose();
        _segments.TryRemove((realm, segment.Id), out _);
    }

    private async Task WriteBackAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            foreach (var segment in _segments.Values)
                await WriteBackAsync(segment).ConfigureAwait(false);
        }
    }

    private static async Task WriteBackAsync(HostSegment segment)
    {
        await segment.Gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!segment.IsGone)
                await QuietlyAsync(segment.WriteBackAsync).ConfigureAwait(false);
        }
        finally
        {
            segment.Gate.Release();
        }
    }

    private static async Task QuietlyAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The cluster has ended the session: nothing is attached any more, and nothing can be written.
        }
    }
}
