using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.SentencePiece;

/// <summary>Reads SentencePiece's model file. Specification notes: sentencepiece.md.</summary>
internal static class SentencePieceFile
{
    /// <summary>The largest in use has 5 MB.</summary>
    private const int MaximumBytes = 256 << 20;

    // Tag of the first field, the pieces; a tiktoken file of the same name begins with a letter.
    private const byte FirstTag = 0x0A;

    private static readonly string[] Names = ["tokenizer.model", "spiece.model"];

    /// <summary>The file of a folder that is a SentencePiece model, or null.</summary>
    public static string? Find(string folder) =>
        Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(path => File.Exists(path) && BeginsWithPieces(path));

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="HafsException">It is too large, cut short, no SentencePiece model, or of a kind that is not known.</exception>
    public static ModelProto Read(string path)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(FileBytes.ReadWhole(path, MaximumBytes, "SentencePieceInvalid"));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new HafsException(ErrorKind.InvalidData, "SentencePieceInvalid", $"{path}: no SentencePiece model: {error.Message}", path, inner: error);
        }

        if (model.TrainerSpec?.ModelType is TrainerSpec.Types.ModelType.Word or TrainerSpec.Types.ModelType.Char || model.TrainerSpec?.TreatWhitespaceAsSuffix == true
            || model.NormalizerSpec?.EscapeWhitespaces == false)
        {
            throw new HafsException(ErrorKind.Unsupported, "SentencePieceKindUnsupported",
                $"{path}: a {model.TrainerSpec?.ModelType} model{(model.TrainerSpec?.TreatWhitespaceAsSuffix == true ? " with spaces behind words" : "")}"
                + $"{(model.NormalizerSpec?.EscapeWhitespaces == false ? " with unescaped spaces" : "")}; Unigram and BPE models with U+2581 before words can be read", path);
        }

        Check(model, path);
        return model;
    }

    /// <summary>What SentencePiece itself demands: no empty and no repeated piece, one for unknown text, no scores beyond numbers.</summary>
    private static void Check(ModelProto model, string path)
    {
        var seen = new HashSet<string>(model.Pieces.Count, StringComparer.Ordinal);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            ModelProto.Types.Piece piece = model.Pieces[id];
            string? wrong = piece.Piece_.Length == 0 ? "is empty"
                : !seen.Add(piece.Piece_) ? $"'{piece.Piece_}' stands there twice"
                : !float.IsFinite(piece.Score) ? $"'{piece.Piece_}' has the score {piece.Score}"
                : null;
            if (wrong is not null)
                throw new HafsException(ErrorKind.InvalidData, "SentencePieceInvalid", $"{path}: piece {id:N0} {wrong}", path);
        }

        int unknown = model.Pieces.Count(piece => piece.Type == ModelProto.Types.Piece.Types.Type.Unknown);
        if (unknown != 1)
            throw new HafsException(ErrorKind.InvalidData, "SentencePieceInvalid", $"{path}: {unknown} pieces stand for unknown text; one must", path);
    }

    private static bool BeginsWithPieces(string path)
    {
        using SafeFileHandle file = FileBytes.Open(path);
        byte first = 0;
        if (RandomAccess.GetLength(file) > 0)
            FileBytes.Read(file, 0, new Span<byte>(ref first), path);
        return first == FirstTag;
    }
}
