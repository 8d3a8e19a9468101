using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cluster.Actors.Membership.Links;

/// <summary>
/// Authenticates the frames of one peer link. The node that listens has a secret, which it tells the members over
/// remoting. Each end begins with a nonce; both derive the key of the link from the secret and the nonces (HMAC-SHA-256,
/// RFC 2104), and every frame after that carries a tag over its direction, its number and its bytes. So nobody without the
/// secret greets, asks or answers, and no recorded frame counts again.
/// </summary>
/// <param name="secret">The secret of the node that listens.</param>
/// <param name="isCaller">Whether this end has connected.</param>
internal sealed class LinkSeal(byte[] secret, bool isCaller)
{
    /// <summary>The bytes of a secret.</summary>
    public const int SecretBytes = 32;

    /// <summary>What a frame has beside its own bytes.</summary>
    public const int TagBytes = 16;

    private const int NonceBytes = 16;

    /// <summary>"IPCS", and zeros.</summary>
    private static ReadOnlySpan<byte> Magic => "IPCS\0\0\0\0\0\0\0\0\0\0\0\0"u8;

    private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(NonceBytes);
    private byte[]? _key;
    private ulong _sealed;
    private ulong _unsealed;

    /// <summary>Whether the nonce of the other end has arrived.</summary>
    public bool IsOpen => _key is not null;

    /// <summary>The first frame of this end.</summary>
    public byte[] Opening() => [.. Magic, .. _nonce];

    /// <summary>Takes the first frame of the other end.</summary>
    /// <returns>False: it is none.</returns>
    public bool TryOpen(ReadOnlySpan<byte> frame)
    {
        if (!frame.StartsWith(Magic)) return false;
        var other = frame[Magic.Length..];
        byte[] nonces = isCaller ? [.. _nonce, .. other] : [.. other, .. _nonce];
        _key = HMACSHA256.HashData(secret, nonces);
        return true;
    }

    /// <summary>The frame with its tag.</summary>
    public byte[] Seal(ReadOnlySpan<byte> frame) => [.. frame, .. Tag(isCaller, _sealed++, frame)];

    /// <summary>Takes the tag off the next frame of the other end.</summary>
    /// <returns>Null: the tag is wrong.</returns>
    public byte[]? Unseal(ReadOnlySpan<byte> frame)
    {
        var body = frame[..PeerLinkFrame.Bytes];
        var tag = Tag(!isCaller, _unsealed++, body);
        return CryptographicOperations.FixedTimeEquals(tag, frame[PeerLinkFrame.Bytes..]) ? body.ToArray() : null;
    }

    private ReadOnlySpan<byte> Tag(bool ofCaller, ulong number, ReadOnlySpan<byte> frame)
    {
        Span<byte> sealedBytes = stackalloc byte[1 + sizeof(ulong) + PeerLinkFrame.Bytes];
        sealedBytes[0] = ofCaller ? (byte)1 : (byte)2;
        BinaryPrimitives.WriteUInt64LittleEndian(sealedBytes[1..], number);
        frame.CopyTo(sealedBytes[(1 + sizeof(ulong))..]);
        return HMACSHA256.HashData(_key!, sealedBytes).AsSpan(0, TagBytes);
    }
}
