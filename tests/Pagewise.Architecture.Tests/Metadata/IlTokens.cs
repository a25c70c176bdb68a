using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>Lists the metadata tokens that a method's instructions name (ECMA-335, partition III).</summary>
internal static class IlTokens
{
    private static readonly OperandType[] OneByte = OperandTypes(prefixed: false);
    private static readonly OperandType[] TwoBytes = OperandTypes(prefixed: true);

    public static List<EntityHandle> Of(BlobReader il)
    {
        List<EntityHandle> tokens = [];
        while (il.RemainingBytes > 0)
        {
            byte code = il.ReadByte();
            OperandType operand = code == 0xfe ? TwoBytes[il.ReadByte()] : OneByte[code];
            switch (operand)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    il.ReadByte();
                    break;
                case OperandType.InlineVar:
                    il.ReadUInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    il.ReadUInt64();
                    break;
                case OperandType.InlineSwitch:
                    int targets = checked((int)il.ReadUInt32());
                    il.Offset += checked(4 * targets);
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    tokens.Add((EntityHandle)MetadataTokens.Handle(il.ReadInt32()));
                    break;
                default:
                    il.ReadInt32();
                    break;
            }
        }

        return tokens;
    }

    private static OperandType[] OperandTypes(bool prefixed)
    {
        var types = new OperandType[256];
        Array.Fill(types, OperandType.InlineNone);
        foreach (System.Reflection.FieldInfo field in typeof(OpCodes).GetFields())
        {
            if (field.GetValue(null) is OpCode code && (code.Size == 2) == prefixed)
                types[code.Value & 0xff] = code.OperandType;
        }

        return types;
    }
}
