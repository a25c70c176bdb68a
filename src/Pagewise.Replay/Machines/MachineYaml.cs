using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Pagewise.Replay.Machines;

/// <summary>
/// Reads the YAML of a machine file: one document, no anchors or aliases, so nothing grows; nested no deeper than a
/// machine file has to be.
/// </summary>
/// <param name="file">The file's name, for messages.</param>
/// <param name="text">The YAML.</param>
internal sealed class MachineYaml(string file, string text)
{
    private const int MostDepth = 8;
    private const int MostNodes = 50_000;

    private readonly Parser _parser = new(new StringReader(text));
    private int _nodes;

    /// <summary>The document's mapping; without entries when the file is empty.</summary>
    /// <exception cref="MachineFileException">The text is no such YAML.</exception>
    public MachineNode Read()
    {
        try
        {
            _parser.Consume<StreamStart>();
            if (_parser.Accept<StreamEnd>(out _))
                return new MachineNode(1, 1, null) { Entries = [] };
            _parser.Consume<DocumentStart>();
            MachineNode root = Node(0);
            if (root.Text is not null && root.IsEmpty)
                root = root with { Text = null, Entries = [] };
            if (root.Entries is null)
                throw root.Wrong(file, "expected 'key: value' lines");
            _parser.Consume<DocumentEnd>();
            if (!_parser.Accept<StreamEnd>(out _))
                throw At(_parser.Current!, "expected one document");
            return root;
        }
        catch (YamlException exception)
        {
            throw new MachineFileException(file, Math.Max(1, exception.Start.Line), Math.Max(1, exception.Start.Column), FirstLine(exception), exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or KeyNotFoundException or FormatException or OverflowException)
        {
            // What the parser itself trips over is no machine file either.
            throw NotYaml(exception);
        }
    }

    private MachineFileException NotYaml(Exception exception) =>
        new(file, Math.Max(1, _parser.Current?.End.Line ?? 1), Math.Max(1, _parser.Current?.End.Column ?? 1), "expected YAML", exception);

    private MachineNode Node(int depth)
    {
        ParsingEvent current = _parser.Current!;
        if (depth > MostDepth || ++_nodes > MostNodes)
            throw At(current, depth > MostDepth ? $"nested deeper than {MostDepth} levels" : $"more than {MostNodes} values");
        if (current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
            throw At(current, "anchors and aliases are not allowed");
        var node = new MachineNode(current.Start.Line, current.Start.Column, (current as Scalar)?.Value);
        _parser.MoveNext();
        switch (current)
        {
            case Scalar:
                return node;
            case MappingStart:
                var entries = new List<(MachineNode Key, MachineNode Value)>();
                while (_parser.Current is not MappingEnd)
                {
                    MachineNode key = Node(depth + 1);
                    if (key.Text is null)
                        throw key.Wrong(file, "expected a key");
                    entries.Add((key, Node(depth + 1)));
                }

                _parser.MoveNext();
                return node with { Entries = entries };
            case SequenceStart:
                var items = new List<MachineNode>();
                while (_parser.Current is not SequenceEnd)
                    items.Add(Node(depth + 1));
                _parser.MoveNext();
                return node with { Items = items };
            default:
                throw At(current, "expected a value");
        }
    }

    private MachineFileException At(ParsingEvent place, string message) => new(file, place.Start.Line, place.Start.Column, message);

    private static string FirstLine(YamlException exception)
    {
        string message = exception.InnerException?.Message ?? exception.Message;
        return message.Split('\n', '\r')[0];
    }
}
