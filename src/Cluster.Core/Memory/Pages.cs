using System.Buffers.Binary;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Memory;

/// <summary>
/// The bytes of one extent, in pages. A page exists from its first write on; a page that does not exist reads as zeros.
/// </summary>
internal sealed class Pages
{
    private const int PageBytes = Bounds.PageBytes;

    private int _count;
    private byte[]?[] _pages = []; // up to the last page that was written

    /// <summary>Bytes of the pages that were written.</summary>
    public long Bytes => (long)_count * PageBytes;

    /// <summary>
    /// A copy of a range, without the zeros after the last page of the range that was ever written.
    /// </summary>
    public ByteString Read(int offset, int length)
    {
        length = WrittenOf(offset, length);
        if (length == 0) return ByteString.Empty;
        var data = GC.AllocateUninitializedArray<byte>(length);
        for (var at = 0; at < length;)
        {
            var (page, start) = Math.DivRem(offset + at, PageBytes);
            var count = Math.Min(PageBytes - start, length - at);
            var into = data.AsSpan(at, count);
            if (PageOf(page) is { } bytes) bytes.AsSpan(start, count).CopyTo(into);
            else into.Clear();
            at += count;
        }

        return UnsafeByteOperations.UnsafeWrap(data);
    }

    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var (page, start) = Math.DivRem(offset, PageBytes);
            var count = Math.Min(PageBytes - start, data.Length);
            data[..count].CopyTo(PageAt(page, isCovered: count == PageBytes).AsSpan(start));
            data = data[count..];
            offset += count;
        }
    }

    /// <summary>A word; it lies within one page, since it is aligned.</summary>
    public ulong ReadWord(int offset, int width)
    {
        if (PageOf(offset / PageBytes) is not { } page) return 0;
        var bytes = page.AsSpan(offset % PageBytes, width);
        return width == sizeof(uint)
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void WriteWord(int offset, int width, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(offset, bytes[..width]);
    }

    /// <summary>Drops everything from an offset on, so that it reads as zeros.</summary>
    public void Cut(int end)
    {
        var (kept, start) = Math.DivRem(end, PageBytes);
        if (start > 0) PageOf(kept++)?.AsSpan(start).Clear();
        if (kept >= _pages.Length) return;
        _count -= _pages.AsSpan(kept).ToArray().Count(page => page is not null);
        Array.Resize(ref _pages, kept);
    }

    /// <summary>Whether everything from an offset on reads as zeros, for the checks of the invariants.</summary>
    public bool IsCutAt(int end)
    {
        var (page, start) = Math.DivRem(end, PageBytes);
        if (start > 0 && PageOf(page++) is { } border && border.AsSpan(start).ContainsAnyExcept((byte)0)) return false;
        return page >= _pages.Length || !_pages.AsSpan(page).ContainsAnyExcept((byte[]?)null);
    }

    public void Clear()
    {
        _pages = [];
        _count = 0;
    }

    public void SaveTo(ExtentState state)
    {
        for (var index = 0; index < _pages.Length; index++)
        {
            if (_pages[index] is { } page)
                state.Pages.Add(new StoredPage { Index = index, Data = ByteString.CopyFrom(page) });
        }
    }

    public void LoadFrom(ExtentState state)
    {
        Clear();
        foreach (var page in state.Pages) page.Data.Span.CopyTo(PageAt(page.Index, isCovered: true));
    }

    private byte[]? PageOf(int index) => index < _pages.Length ? _pages[index] : null;

    private byte[] PageAt(int index, bool isCovered)
    {
        if (PageOf(index) is { } page) return page;
        _count++;
        if (index >= _pages.Length)
            Array.Resize(ref _pages, Math.Min(Math.Max(index + 1, 2 * _pages.Length), Bounds.ExtentBytes / PageBytes));
        return _pages[index] = isCovered ? GC.AllocateUninitializedArray<byte>(PageBytes) : new byte[PageBytes];
    }

    private int WrittenOf(int offset, int length)
    {
        while (length > 0)
        {
            var last = (offset + length - 1) / PageBytes;
            if (PageOf(last) is not null) return length;
            length = last * PageBytes - offset;
        }

        return 0;
    }
}
