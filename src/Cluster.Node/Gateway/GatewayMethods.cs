using Cluster.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Cluster.Node.Gateway;

/// <summary>
/// The methods of the gRPC service, as the generated code has them, with one difference: the parts of a frame are counted
/// before the frame is parsed.
/// </summary>
[BindServiceMethod(typeof(GatewayMethods), nameof(Bind))]
internal abstract class GatewayMethods
{
    private const string Name = "cluster.ipc.v1.Gateway";

    /// <summary>A process calls.</summary>
    public abstract Task Connect(
        IAsyncStreamReader<ClientFrame> requestStream,
        IServerStreamWriter<ServerFrame> responseStream,
        ServerCallContext context);

    /// <summary>The figures of the node.</summary>
    public abstract Task<NodeStatReply> Stat(NodeStatRequest request, ServerCallContext context);

    /// <summary>The calls of a process or of an object.</summary>
    public abstract Task Trace(
        TraceRequest request, IServerStreamWriter<TraceFrame> responseStream, ServerCallContext context);

    /// <summary>Adds the methods. gRPC finds this method by its name, and calls it without a service.</summary>
    public static void Bind(ServiceBinderBase binder, GatewayMethods? service)
    {
        binder.AddMethod(
            Method(MethodType.DuplexStreaming, nameof(Connect), ParseFrame, ServerFrame.Parser),
            service is null ? null : new DuplexStreamingServerMethod<ClientFrame, ServerFrame>(service.Connect));
        binder.AddMethod(
            Method(MethodType.Unary, nameof(Stat), Parse(NodeStatRequest.Parser), NodeStatReply.Parser),
            service is null ? null : new UnaryServerMethod<NodeStatRequest, NodeStatReply>(service.Stat));
        binder.AddMethod(
            Method(
                MethodType.ServerStreaming, nameof(Trace), Parse(TraceRequest.Parser), TraceFrame.Parser),
            service is null ? null : new ServerStreamingServerMethod<TraceRequest, TraceFrame>(service.Trace));
    }

    private static Method<TRequest, TResponse> Method<TRequest, TResponse>(
        MethodType type, string name, Func<DeserializationContext, TRequest> parse, MessageParser<TResponse> responses)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(type, Name, name, Marshallers.Create(Write, parse), Marshallers.Create(Write, Parse(responses)));

    private static ClientFrame ParseFrame(DeserializationContext context)
    {
        var frame = context.PayloadAsReadOnlySequence();
        FrameScan.Count(frame, Bounds.FrameParts);
        return ClientFrame.Parser.ParseFrom(frame);
    }

    private static Func<DeserializationContext, T> Parse<T>(MessageParser<T> parser)
        where T : IMessage<T> => context => parser.ParseFrom(context.PayloadAsReadOnlySequence());

    private static void Write<T>(T message, SerializationContext context)
        where T : IMessage<T>
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
