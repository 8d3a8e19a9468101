using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Actors.Wire;

/// <summary>
/// Serializes the messages between nodes as protobuf. The identifier and the manifests are on the wire and must never
/// change. A test checks them.
/// </summary>
public sealed class ClusterSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The identifier of the serializer.</summary>
    public const int SerializerId = 7702;

    private const string SubmitManifest = "S";
    private const string ResultsManifest = "R";
    private const string RequestManifest = "Q";
    private const string ReplyManifest = "A";
    private const string StopManifest = "X";
    private const string TraceReadManifest = "T";
    private const string TraceBatchManifest = "E";
    private const string LineOfferManifest = "L";
    private const string NodeFiguresReadManifest = "OR";
    private const string NodeFiguresManifest = "OF";
    private const string RebalanceNowManifest = "OB";
    private const string HomesWantedManifest = "OH";
    private const string LeaveNowManifest = "OL";

    public override int Identifier => SerializerId;

    public override string Manifest(object message) => message switch
    {
        Submit => SubmitManifest,
        Results => ResultsManifest,
        Request => RequestManifest,
        Reply => ReplyManifest,
        Entities.StopEntity => StopManifest,
        TraceRead => TraceReadManifest,
        TraceBatch => TraceBatchManifest,
        LineOffer => LineOfferManifest,
        NodeFiguresRead => NodeFiguresReadManifest,
        NodeFigures => NodeFiguresManifest,
        RebalanceNow => RebalanceNowManifest,
        HomesWanted => HomesWantedManifest,
        LeaveNow => LeaveNowManifest,
        _ => throw new ArgumentException($"cannot serialize a {message.GetType()}", nameof(message)),
    };

    public override byte[] ToBinary(object message) => message is IMessage proto ? proto.ToByteArray() : [];

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        SubmitManifest => Submit.Parser.ParseFrom(bytes),
        ResultsManifest => Results.Parser.ParseFrom(bytes),
        RequestManifest => Request.Parser.ParseFrom(bytes),
        ReplyManifest => Reply.Parser.ParseFrom(bytes),
        StopManifest => Entities.StopEntity.Instance,
        TraceReadManifest => TraceRead.Parser.ParseFrom(bytes),
        TraceBatchManifest => TraceBatch.Parser.ParseFrom(bytes),
        LineOfferManifest => LineOffer.Parser.ParseFrom(bytes),
        NodeFiguresReadManifest => NodeFiguresRead.Parser.ParseFrom(bytes),
        NodeFiguresManifest => NodeFigures.Parser.ParseFrom(bytes),
        RebalanceNowManifest => RebalanceNow.Parser.ParseFrom(bytes),
        HomesWantedManifest => HomesWanted.Parser.ParseFrom(bytes),
        LeaveNowManifest => LeaveNow.Parser.ParseFrom(bytes),
        _ => throw new SerializationException($"unknown manifest '{manifest}'"),
    };
}
