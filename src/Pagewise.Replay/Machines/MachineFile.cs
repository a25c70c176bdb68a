using Pagewise.Kernel;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Pagewise.Replay.Machines;

/// <summary>
/// A machine file: YAML with one key a line, read strictly. Unknown keys, doubled keys and absurd values are errors
/// with their place. What a file does not say stays as it was.
/// </summary>
public static class MachineFile
{
    private const int SizeLimit = 1 << 20;
    private static readonly string[] Sections = ["sysctl", "limits", MachineSetting.CostSection, MachineSetting.ZoneSection];

    /// <summary>Reads a file and lays it over a machine.</summary>
    /// <exception cref="MachineFileException">The file cannot be read or is wrong.</exception>
    public static MachineSpec Apply(MachineSpec spec, string path)
    {
        string text;
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
                throw new MachineFileException(path, Directory.Exists(path) ? "is a directory, expected a machine file" : "no such file");
            if (info.Length > SizeLimit)
                throw new MachineFileException(path, "longer than 1 MiB: not a machine file");
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new MachineFileException(path, $"cannot be read: {exception.Message}", exception);
        }

        return Apply(spec, path, text);
    }

    /// <summary>Lays the text of a machine file over a machine.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">The YAML.</param>
    /// <exception cref="MachineFileException">The text is wrong.</exception>
    public static MachineSpec Apply(MachineSpec spec, string file, string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
                return spec;
            parser.Consume<DocumentStart>();
            if (Take<Scalar>(parser) is { } empty)
            {
                if (empty.Value.Length > 0)
                    throw At(file, empty, "expected 'key: value' lines");
            }
            else
            {
                spec = ReadMap(parser, spec, file, "", []);
            }

            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw At(file, parser.Current!, "expected one document");
            return spec;
        }
        catch (YamlException exception)
        {
            throw new MachineFileException(file, exception.Start.Line, exception.Start.Column, FirstLine(exception), exception);
        }
    }

    private static MachineSpec ReadMap(Parser parser, MachineSpec spec, string file, string section, HashSet<string> seen)
    {
        if (Take<MappingStart>(parser) is not { } start)
            throw At(file, parser.Current!, "expected 'key: value' lines");
        if (!start.Anchor.IsEmpty)
            throw At(file, start, "anchors are not allowed");
        while (Take<MappingEnd>(parser) is null)
        {
            if (Take<Scalar>(parser) is not { } key)
                throw At(file, parser.Current!, "expected a key");
            if (section.Length == 0 && Sections.Contains(key.Value, StringComparer.Ordinal))
            {
                if (!seen.Add(key.Value))
                    throw At(file, key, $"'{key.Value}' is given twice");
                if (parser.Current is Scalar { Value.Length: 0 } && parser.MoveNext())
                    continue;
                spec = ReadMap(parser, spec, file, key.Value, seen);
                continue;
            }

            spec = ReadSetting(parser, spec, file, section is "" or "sysctl" ? key.Value : $"{section}.{key.Value}", key, seen);
        }

        return spec;
    }

    private static MachineSpec ReadSetting(Parser parser, MachineSpec spec, string file, string name, Scalar key, HashSet<string> seen)
    {
        MachineSetting setting = MachineSetting.Find(name)
            ?? throw At(file, key, $"unknown key '{key.Value}'; {MachineSetting.Known()}");
        if (!seen.Add(name))
            throw At(file, key, $"'{name}' is given twice");
        if (Take<Scalar>(parser) is not { } value)
            throw At(file, parser.Current!, $"expected {setting.Expects}");
        if (!value.Anchor.IsEmpty)
            throw At(file, value, "anchors are not allowed");
        return setting.TryApply(spec, value.Value) ?? throw At(file, value, $"{name}: expected {setting.Expects}");
    }

    private static T? Take<T>(Parser parser)
        where T : ParsingEvent
    {
        if (parser.Current is not T taken)
            return null;
        parser.MoveNext();
        return taken;
    }

    private static MachineFileException At(string file, ParsingEvent place, string message) =>
        new(file, place.Start.Line, place.Start.Column, message);

    private static string FirstLine(YamlException exception)
    {
        string message = exception.InnerException?.Message ?? exception.Message;
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
