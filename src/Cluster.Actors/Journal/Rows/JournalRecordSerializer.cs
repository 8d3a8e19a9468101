using Akka.Actor;
using Akka.Serialization;

namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// Lets Akka's own code (the plain SQL journal, tools that read its table) handle a <see cref="JournalRecord"/>. The
/// group-commit journal copies the bytes itself and never calls this class.
/// </summary>
public sealed class JournalRecordSerializer : SerializerWithStringManifest
{
    /// <summary>The serializer id stored with each row. It never changes: old rows carry it.</summary>
    public const int SerializerId = 7701;

    /// <summary>The manifest of an ordinary record.</summary>
    public const string RecordManifest = "r";

    /// <summary>The manifest of a snapshot record.</summary>
    public const string SnapshotManifest = "s";

    /// <param name="system">The system that the serializer belongs to.</param>
    public JournalRecordSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    public override int Identifier => SerializerId;

    /// <exception cref="ArgumentException">The object is not a <see cref="JournalRecord"/>.</exception>
    public override string Manifest(object o) => ManifestOf(AsRecord(o));

    /// <exception cref="ArgumentException">The object is not a <see cref="JournalRecord"/>.</exception>
    public override byte[] ToBinary(object obj) => AsRecord(obj).Payload.ToArray();

    /// <exception cref="ArgumentException">The manifest is neither of the two that this serializer writes.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => Decode(bytes, manifest);

    internal static string ManifestOf(JournalRecord record) => record.IsSnapshot ? SnapshotManifest : RecordManifest;

    internal static JournalRecord Decode(byte[] bytes, string manifest) => manifest switch
    {
        RecordManifest => new JournalRecord(bytes, isSnapshot: false),
        SnapshotManifest => new JournalRecord(bytes, isSnapshot: true),
        _ => throw new ArgumentException($"Unknown manifest '{manifest}' of a journal record.", nameof(manifest)),
    };

    private static JournalRecord AsRecord(object o) => o as JournalRecord
        ?? throw new ArgumentException($"Not a journal record: {o?.GetType().FullName ?? "null"}.", nameof(o));
}
